using System.Globalization;
using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;

namespace AkkaHa.Chaos.Clients;

/// <summary>Reads all accounts in one transaction: the sum is always the same, and no account is seen as it was before.</summary>
sealed class Auditor(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    // A hundred participants each time: this is by far the dearest thing that anybody does here.
    public override TimeSpan Think => TimeSpan.FromSeconds(2);

    protected override Task StepAsync() => ReadAsync();

    /// <summary>Says whether that was possible.</summary>
    public async Task<bool> ReadAsync()
    {
        var start = Now;
        try
        {
            var result = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
            {
                for (var i = 0; i < Names.Accounts; i++) then.Get(Names.Account(i));
            }));
            Bench.Recorder.Add(new BalanceOperation(Name, start, Now, Outcome.Ok,
                [.. result.Results.Select(r => r.Value is { } value ? long.Parse(value.Span, CultureInfo.InvariantCulture) : 0)])
            {
                Revisions = [.. result.Results.Select(r => r.Revision.Value)],
            });
            return true;
        }
        catch (AkkaHaException e)
        {
            _ = Bench.OutcomeOf(e);
            Bench.Recorder.Add(new BalanceOperation(Name, start, Now, Outcome.Failed, []));
            return false;
        }
    }
}
