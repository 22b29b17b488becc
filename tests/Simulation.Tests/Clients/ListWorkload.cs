using AkkaHa.Judge;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Messages;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Transactions that append to lists and read them, with conditions and else branches. Judged for strict serializability.</summary>
sealed class ListWorkload(int keys) : IWorkload
{
    /// <summary>Of what was only read: nobody has heard of these ids.</summary>
    private const string WithoutRows = "read-";

    private readonly List<(TransactionRequest Request, long From, Answer Answer)> history = [];
    private readonly Dictionary<string, long> lastRevision = [];
    private readonly Dictionary<(string Key, long Revision), string[]> contents = [];
    private readonly Dictionary<string, bool> resolved = [];
    private readonly HashSet<string> lists = [];
    private readonly ReusedIds reused = new();

    /// <summary>Lists that are written under a lock alone, with elements <c>fence/…</c>.</summary>
    public Dictionary<string, string> GuardedLists { get; } = [];

    public Task Prepare(Client client) => Task.CompletedTask;

    public Task Step(Client client)
    {
        if (client.Rng.Chance(0.1)) return reused.Step(client, $"list-{client.Rng.Below(keys)}", $"list-{client.Rng.Below(keys)}");
        var request = new TransactionRequest { TransactionId = client.NewTransactionId("l"), DeadlineSeconds = client.Deadline() };
        for (var steps = client.Rng.Between(1, 4); steps > 0; steps--)
        {
            var key = $"list-{client.Rng.Below(keys)}";
            request.Then.Add(client.Rng.Chance(0.5) ? Transactions.Append(key, client.Unique() + " ") : Transactions.Get(key));
        }
        if (client.Rng.Chance(0.3))
        {
            var key = $"list-{client.Rng.Below(keys)}";
            request.Conditions.Add(Transactions.Revision(key, lastRevision.GetValueOrDefault(key)));
            for (var i = 0; i < keys; i++)
                if (client.Rng.Chance(0.5)) request.Else.Add(Transactions.Get($"list-{i}"));
        }
        return Run(client, request);
    }

    /// <summary>Runs a transaction over lists and records it.</summary>
    public async Task<Answer> Run(Client client, TransactionRequest request, long giveUpMs = 8000)
    {
        foreach (var operation in request.Then.Concat(request.Else)) lists.Add(operation.Append?.Key ?? operation.Get.Key);
        var from = client.Now;
        if (client.Rng.Chance(0.1)) Operator.Resolve(client, request);
        var reads = request.Conditions.All(c => c.HasKey) && request.Then.Concat(request.Else).All(o => o.Append is null) && client.Rng.Chance(0.5);
        var answer = reads ? await client.Snapshot(request, giveUpMs) : await client.Run(request, giveUpMs);
        if (reads) (request = request.Clone()).TransactionId = WithoutRows + client.Unique();
        history.Add((request, from, answer));
        foreach (var result in answer.Reply?.Transaction?.Results ?? [])
        {
            // Of several results for one list the last tells what there is at its revision.
            lastRevision[result.Key] = result.Revision;
            contents[(result.Key, result.Revision)] = Elements(result.Text());
        }
        if (answer.Reply is not null && answer.Reply.Transaction is null && answer.Code is not (ErrorCode.TxnAborted or ErrorCode.TxnConflict or ErrorCode.LimitExceeded))
            throw new InvalidOperationException($"a transaction answered {answer.Reply}");
        return answer;
    }

    public async Task Finish(Client client)
    {
        foreach (var (request, _, answer) in history.ToArray())
        {
            var id = request.TransactionId;
            if (id.StartsWith(WithoutRows, StringComparison.Ordinal)) continue;
            var committed = answer.IsCommittedWithoutResults || answer.Reply?.Transaction is not null;
            // What has an answer is asked for again, now and then, however long ago it was: by its id, and by being sent once more.
            if (answer.Reply is not null && client.Rng.Chance(0.7)) continue;
            if (committed && client.Rng.Chance(0.5))
            {
                if (await client.Run(request, 60_000) is { Reply.Transaction: null, IsCommittedWithoutResults: false } again) client.World.Fail("healing", $"transaction {id} was committed, and its repeat answers {again}");
                continue;
            }
            var outcome = await Resolve(client, id);
            if (committed && outcome != TransactionStatus.Types.Outcome.Committed) client.World.Fail("healing", $"transaction {id} was committed, and is {outcome}");
            else if (answer.IsAborted() && outcome == TransactionStatus.Types.Outcome.Committed) client.World.Fail("healing", $"transaction {id} was aborted, and is committed");
            else if (answer.Reply is not null) continue;
            else if (outcome is TransactionStatus.Types.Outcome.Committed or TransactionStatus.Types.Outcome.Aborted)
                resolved[id] = outcome == TransactionStatus.Types.Outcome.Committed;
            else client.World.Fail("healing", $"transaction {id} is {outcome?.ToString() ?? "not answered"}");
        }
        foreach (var list in lists.Order(StringComparer.Ordinal).ToArray())
        {
            var answer = await Run(client, new TransactionRequest { TransactionId = client.NewTransactionId("l"), Then = { Transactions.Get(list) } }, 60_000);
            while (answer.IsCommittedWithoutResults) answer = await Run(client, new TransactionRequest { TransactionId = client.NewTransactionId("l"), Then = { Transactions.Get(list) } }, 60_000);
            if (answer.Reply?.Transaction is null) client.World.Fail("healing", $"{list} could not be read");
        }
    }

    /// <summary>What is begun is in progress until all have voted, which is a matter of seconds when all is well.</summary>
    private static async Task<TransactionStatus.Types.Outcome?> Resolve(Client client, string id)
    {
        for (var until = client.Now + 60_000; ; await client.World.Scheduler.Delay(500))
        {
            var status = await client.Mutate(client.World.Shards.TransactionSlotOf(id),
                () => new Command { ResolveTransaction = new ResolveTransactionRequest { TransactionId = id } }, "", 60_000);
            var outcome = status.Reply?.TransactionStatus?.Outcome;
            if (outcome is not TransactionStatus.Types.Outcome.InProgress || client.Now > until) return outcome;
        }
    }

    public IEnumerable<Violation> Judge()
    {
        var transactions = history.ConvertAll(Recorded).Concat(reused.Recorded()).ToList();
        foreach (var violation in SerializabilityJudge.Judge(transactions)) yield return violation;

        var ends = history.Where(h => h.Answer.Reply?.Transaction is not null).SelectMany(h => h.Answer.Reply!.Transaction.Results)
            .Where(r => r.HasValue).GroupBy(r => r.Key).ToDictionary(g => g.Key, g => Elements(g.MaxBy(r => r.Revision)!.Text()));
        foreach (var (id, committed) in resolved)
        {
            var request = history.First(h => h.Request.TransactionId == id).Request;
            // With a condition, having committed may mean the other branch, which only reads.
            if (committed && request.Conditions.Count > 0) continue;
            foreach (var append in request.Then.Where(o => o.Append is not null).Select(o => o.Append))
                if (ends.GetValueOrDefault(append.Key, []).Contains(append.Value.ToStringUtf8().Trim()) != committed)
                    yield return new Violation("the outcome is what was done", $"{id} is {(committed ? "committed" : "aborted")}, but its '{append.Value.ToStringUtf8()}' in '{append.Key}' says otherwise");
        }
        var writes = GuardedLists.SelectMany(g => ends.GetValueOrDefault(g.Key, []).Select(e => new GuardedWrite(g.Value, long.Parse(e[..e.IndexOf('/', StringComparison.Ordinal)]), e)));
        foreach (var violation in LockJudge.Judge([], writes)) yield return violation;
    }

    private ListTransaction Recorded((TransactionRequest Request, long From, Answer Answer) one)
    {
        var (request, from, answer) = one;
        if (answer.Reply?.Transaction is { } result)
        {
            var branch = result.ConditionsHeld ? request.Then : request.Else;
            return new ListTransaction(request.TransactionId, ListEnd.Committed, from, answer.At,
                [.. result.ConditionsHeld ? Conditions(request) : [], .. branch.Select((o, i) => new ListStep(o.Append?.Key ?? o.Get.Key, o.Append?.Value.ToStringUtf8().Trim(), Elements(result.Results[i].Text())))]);
        }
        var end = answer.IsUnknown ? ListEnd.Unknown : ListEnd.Aborted;
        return new ListTransaction(request.TransactionId, end, from, end == ListEnd.Aborted ? answer.At : Time.Never,
            [.. request.Then.Where(o => o.Append is not null).Select(o => new ListStep(o.Append.Key, o.Append.Value.ToStringUtf8().Trim(), null))]);
    }

    /// <summary>Revisions that were right are reads, of what the list was at that revision.</summary>
    private IEnumerable<ListStep> Conditions(TransactionRequest request) =>
        from condition in request.Conditions
        where condition.HasKey && (condition.Revision == 0 || contents.ContainsKey((condition.Key, condition.Revision)))
        select new ListStep(condition.Key, null, condition.Revision == 0 ? [] : contents[(condition.Key, condition.Revision)]);

    private static string[] Elements(string? list) => list?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
