using System.Text;
using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Transactions over several registers: reads of some, writes that ask nothing, and writes on condition that what was seen before is still so.</summary>
sealed class Cells(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    private const int KeysEach = 3;

    /// <summary>What this client has last seen, or written itself.</summary>
    private readonly Dictionary<string, (string? Value, long Revision)> last = new(StringComparer.Ordinal);

    public override TimeSpan Think => TimeSpan.FromMilliseconds(40);

    protected override Task StepAsync()
    {
        var now = Now;
        string[] keys = [.. Enumerable.Range(0, Names.Cells).OrderBy(_ => Random.Next()).Take(KeysEach).Select(i => Use(EntityId.Key(Names.Cell(i, now))))];
        return Random.Next(10) switch
        {
            < 2 => ReadAsync(keys),
            < 5 => ReadAndConfirmAsync(keys),
            < 7 => SubmitAsync([], keys),
            // One condition, or two; often on a key that is also written.
            _ => SubmitAsync([.. keys.Take(Random.Next(1, 3))], [.. keys.Skip(Random.Next(2))]),
        };
    }

    /// <summary>Reads all of them in one transaction, with an id that can be asked for. Says whether that was possible.</summary>
    public async Task<bool> ReadAsync(IReadOnlyList<string> keys)
    {
        var read = new RegistersOperation(Name, Now, 0, Outcome.Failed, (await client.Transactions.NewIdAsync()).Text, [.. keys.Select(k => new RegisterStepDone(k, null, null, null))]);
        try
        {
            var result = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
            {
                foreach (var key in keys) then.Get(key);
            }), new TransactionId(read.Id));
            if (!result.ResultsDropped) read = read with { Steps = [.. result.Results.Select(r => Seen(r.Key, r.Value is { } value ? Encoding.UTF8.GetString(value.Span) : null, r.Revision.Value))] };
            Add(read with { Outcome = Outcome.Ok });
            return !result.ResultsDropped;
        }
        catch (AkkaHaException e)
        {
            // A read that was not answered has done nothing, whatever became of it.
            _ = Bench.OutcomeOf(e);
            Add(read);
            return false;
        }
    }

    /// <summary>Reads them one by one, and has the servers say that all of it is still so: without an id, and so without a row.</summary>
    private async Task ReadAndConfirmAsync(IReadOnlyList<string> keys)
    {
        var read = new RegistersOperation(Name, Now, 0, Outcome.Failed, $"{Name} at {Now}", []);
        try
        {
            read = read with
            {
                Steps = await client.Transactions.RunAsync(async tx =>
                {
                    var steps = new List<RegisterStepDone>();
                    foreach (var key in keys)
                    {
                        var entry = await tx.GetAsync(key);
                        steps.Add(new RegisterStepDone(key, null, entry?.Text, entry?.Revision.Value ?? 0));
                    }
                    return steps;
                }),
                Outcome = Outcome.Ok,
            };
            foreach (var step in read.Steps) Seen(step.Key, step.Seen, step.Revision!.Value);
        }
        catch (AkkaHaException e)
        {
            _ = Bench.OutcomeOf(e);
        }
        Add(read);
    }

    private async Task SubmitAsync(string[] conditions, string[] keys)
    {
        var (conditioned, steps) = (new List<RegisterStepDone>(), new List<RegisterStepDone>());
        var transaction = new TransactionBuilder();
        foreach (var key in conditions)
        {
            var (value, revision) = last.GetValueOrDefault(key);
            transaction.IfRevision(key, new Revision(revision));
            conditioned.Add(new RegisterStepDone(key, null, value, revision));
        }
        transaction.Then(then =>
        {
            foreach (var key in keys)
            {
                var written = Random.Next(3) > 0 ? Bench.Unique() : null;
                if (written is null) then.Get(key);
                else then.Put(key, written);
                steps.Add(new RegisterStepDone(key, written, null, null));
            }
        });
        var write = new RegistersOperation(Name, Now, 0, Outcome.Unknown, (await client.Transactions.NewIdAsync()).Text, [.. conditioned, .. steps]) { Conditional = conditions.Length > 0 };
        try
        {
            var result = await client.Transactions.SubmitAsync(transaction, new TransactionId(write.Id));
            if (!result.ConditionsHeld)
            {
                // Whoever's view was old looks again.
                foreach (var key in conditions) last.Remove(key);
                Add(write with { Outcome = Outcome.Ok, Steps = [] });
                await ReadAsync(conditions);
            }
            else Add(write with { Outcome = Outcome.Ok, Steps = result.ResultsDropped ? write.Steps : [.. conditioned, .. steps.Zip(result.Results, Done)] });
        }
        catch (AkkaHaException e)
        {
            var outcome = Bench.OutcomeOf(e);
            if (outcome == Outcome.Unknown) Bench.InDoubt.Enqueue(write.Id);
            Add(write with { Outcome = outcome });
        }
    }

    private RegisterStepDone Done(RegisterStepDone asked, OperationResult result) => asked.Write is { } written
        ? Seen(asked.Key, written, result.Revision.Value) with { Write = written, Seen = null }
        : Seen(asked.Key, result.Value is { } value ? Encoding.UTF8.GetString(value.Span) : null, result.Revision.Value);

    private RegisterStepDone Seen(string key, string? value, long revision)
    {
        last[key] = (value, revision);
        return new RegisterStepDone(key, null, value, revision);
    }

    private void Add(RegistersOperation operation) => Bench.Recorder.Add(operation with { End = Now });
}
