using System.Diagnostics;
using AkkaHa.ClientApi;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>
/// How long keys are out of service after a kill. Keys that no transaction touches show what the failover takes; what accounts take longer is the
/// time of intents that the dead node left, as coordinator or as participant.
/// </summary>
internal sealed class WaitsAfterKill(AkkaHaClient client)
{
    public const int Bystanders = 60;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    public TimeSpan Failover { get; private set; }

    public TimeSpan Accounts { get; private set; }

    public async Task OpenAsync()
    {
        for (var i = 0; i < Bystanders; i++) await client.Keys.PutAsync($"bystander/{i}", "here");
    }

    /// <summary>From now until each key has answered a write once. The write asks for what is not so, and changes nothing; but it waits for intents of every kind.</summary>
    public async Task MeasureAsync()
    {
        var watch = Stopwatch.StartNew();
        var bystanders = Enumerable.Range(0, Bystanders).Select(i => AnsweredAsync($"bystander/{i}", watch)).ToArray();
        var accounts = Enumerable.Range(0, Transfers.Accounts).Select(i => AnsweredAsync(Transfers.Account(i), watch)).ToArray();
        Failover = (await Task.WhenAll(bystanders)).Max();
        Accounts = (await Task.WhenAll(accounts)).Max();
    }

    private async Task<TimeSpan> AnsweredAsync(string key, Stopwatch watch)
    {
        while (true)
        {
            try
            {
                await client.Keys.PutAsync(key, "never", Revision.Absent);
                throw new InvalidOperationException($"'{key}' was not there, and must have been");
            }
            catch (RevisionMismatchException)
            {
                return watch.Elapsed;
            }
            catch (Exception e) when (e is UnavailableException or OutcomeUnknownException)
            {
                await Task.Delay(Between);
            }
        }
    }
}
