using System.CommandLine;
using System.Diagnostics;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Cluster;

/// <summary>Waits until a member that was asked to leave is gone.</summary>
static class Departure
{
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary><see cref="ExitCode.Ok"/> when it is gone (or nothing was to be waited for), <see cref="ExitCode.Error"/> when it is still there after the wait.</summary>
    public static async Task<int> WaitAsync(AkkaHaClient client, string address, string? incarnation, TimeSpan atMost, InvocationConfiguration to, CancellationToken cancel)
    {
        if (atMost == TimeSpan.Zero)
        {
            await to.Output.WriteLineAsync($"{address} is asked to leave");
            return ExitCode.Ok;
        }
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < atMost)
        {
            try
            {
                var picture = await client.Cluster.GetAsync(cancel);
                // Seen through the eyes of the leaver itself, it is there to the end.
                if (!picture.Members.Any(m => m.Address == address && (incarnation is null || m.Incarnation == incarnation)))
                {
                    await to.Output.WriteLineAsync($"{address} has left after {watch.Elapsed.TotalSeconds:0.0} s");
                    return ExitCode.Ok;
                }
            }
            catch (UnavailableException) when (watch.Elapsed < atMost)
            {
                // The node that was asked is the one that leaves, perhaps the last.
            }
            await Task.Delay(LookEvery, cancel);
        }
        await to.Error.WriteLineAsync($"{address} is still a member after {atMost.TotalSeconds:0} s");
        return ExitCode.Error;
    }
}
