using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Nodes;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>
/// After everything is well again: finds out what became of the transactions in doubt, and reads all that was ever written, so that the last
/// acknowledged write of each key is looked for too.
/// </summary>
sealed class LastReads(ChaosCluster cluster, Bench bench)
{
    private const string Name = "last";
    private const int AtOnce = 16;
    private const int ListsEach = 6;

    private readonly List<string> failures = [];

    /// <summary>What could not be read; null when all could.</summary>
    public async Task<string?> RunAsync()
    {
        await using var client = AkkaHaClient.Connect(Crew.PatientOptions(cluster));
        await EachAsync(bench.InDoubt.Distinct(StringComparer.Ordinal), id => ResolveAsync(client, id));
        var keys = bench.InUse.All.Where(e => e.Kind == EntityId.KeyKind).Select(e => e.Name).Order(StringComparer.Ordinal).ToArray();
        var registers = new Registers(Name, client, bench, 0);
        await EachAsync(keys.Where(k => k.StartsWith("register/", StringComparison.Ordinal) || k.StartsWith("guarded/", StringComparison.Ordinal)),
            async key => Check(await registers.GetAsync(client, key), $"{key} could not be read"));
        var lists = new Lists(Name, client, bench, 0);
        await EachAsync(keys.Where(k => k.StartsWith("list/", StringComparison.Ordinal)).GroupBy(Generation).SelectMany(g => g.Chunk(ListsEach)),
            async some => Check(await lists.RunAsync([.. some.Select(k => new ListStepDone(k, null, null))]), $"{some[0]} and others could not be read"));
        var cells = new Cells(Name, client, bench, 0);
        await EachAsync(keys.Where(k => k.StartsWith("cell/", StringComparison.Ordinal)).GroupBy(Generation),
            async some => Check(await cells.ReadAsync([.. some]), $"{some.First()} and others could not be read"));
        Check(await new Auditor(Name, client, bench, 0).ReadAsync(), "the accounts could not be read");
        return failures.Count == 0 ? null : string.Join("; ", failures.Take(10));
    }

    private async Task ResolveAsync(AkkaHaClient client, string id)
    {
        var start = bench.Now;
        try
        {
            TransactionOutcome outcome;
            var tries = 0;
            while ((outcome = await client.Transactions.ResolveAsync(new TransactionId(id))) is TransactionOutcome.InProgress && ++tries < 50) await Task.Delay(200);
            var known = outcome is TransactionOutcome.Committed or TransactionOutcome.Aborted;
            bench.Recorder.Add(new ResolveOperation(Name, start, bench.Now, known ? Outcome.Ok : Outcome.Unknown, id, outcome == TransactionOutcome.Committed));
            Check(known, $"transaction {id} is {outcome}");
        }
        catch (AkkaHaException e)
        {
            bench.Recorder.Add(new ResolveOperation(Name, start, bench.Now, Outcome.Unknown, id, false));
            Check(false, $"transaction {id} could not be resolved: {e.Message}");
        }
    }

    private void Check(bool well, string otherwise)
    {
        if (well) return;
        lock (failures) failures.Add(otherwise);
    }

    private static string Generation(string list) => list[..list.LastIndexOf('/')];

    private static Task EachAsync<T>(IEnumerable<T> items, Func<T, Task> run) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (item, _) => await run(item));
}
