using System.Text;
using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Transactions that append to some lists and read others.</summary>
sealed class Lists(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    private const int KeysEach = 3;

    public override TimeSpan Think => TimeSpan.FromMilliseconds(40);

    protected override Task StepAsync()
    {
        var now = Now;
        var keys = Enumerable.Range(0, Names.Lists).OrderBy(_ => Random.Next()).Take(KeysEach).Select(i => Use(EntityId.Key(Names.List(i, now)))).ToArray();
        return RunAsync([.. keys.Select(k => new ListStepDone(k, Random.Next(2) == 0 ? Bench.Unique() : null, null))]);
    }

    /// <summary>Runs one transaction. Says whether it was committed.</summary>
    public async Task<bool> RunAsync(IReadOnlyList<ListStepDone> steps)
    {
        var transaction = new TransactionBuilder().Then(then =>
        {
            foreach (var step in steps)
            {
                if (step.Append is null) then.Get(step.Key);
                else then.Append(step.Key, step.Append + ",");
            }
        });
        var start = Now;
        var id = await client.Transactions.NewIdAsync();
        try
        {
            var result = await client.Transactions.SubmitAsync(transaction, id);
            Bench.Recorder.Add(new ListOperation(Name, start, Now, Outcome.Ok, id.Text, [.. steps.Zip(result.Results, (s, r) => s with { Seen = Elements(r.Value) })]));
            return true;
        }
        catch (AkkaHaException e)
        {
            var outcome = Bench.OutcomeOf(e);
            if (outcome == Outcome.Unknown) Bench.InDoubt.Enqueue(id.Text);
            Bench.Recorder.Add(new ListOperation(Name, start, Now, outcome, id.Text, steps));
            return false;
        }
    }

    private static string[] Elements(ReadOnlyMemory<byte>? value) =>
        value is null ? [] : Encoding.UTF8.GetString(value.Value.Span).Split(',', StringSplitOptions.RemoveEmptyEntries);
}
