using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Demo;

/// <summary>Writes one key every few moments: shows for how long what lives on its node can't be used.</summary>
sealed class ProbeWorker(AkkaHaClient client, string key, WorkerKind kind, Lane lane)
{
    static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    /// <summary>Works until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                await client.Keys.PutAsync(key, $"{i}");
                lane.Succeeded();
            }
            catch (AkkaHaException e) when (WorkerKind.IsPartOfLife(e))
            {
                kind.Refused(e);
            }
            await Task.Delay(Every, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
