using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Cluster;

/// <summary>Waits until a member that was asked to leave is gone.</summary>
sealed class Departure(string address, string? incarnation, bool json)
{
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary><see cref="ExitCode.Ok"/> when it is gone (or nothing was to be waited for), <see cref="ExitCode.Error"/> when it is still there after the wait.</summary>
    public async Task<int> WaitAsync(AkkaHaClient client, TimeSpan atMost, InvocationConfiguration to, CancellationToken cancel)
    {
        if (atMost == TimeSpan.Zero)
        {
            Tell(to, left: false, null, $"{address} is asked to leave");
            return ExitCode.Ok;
        }
        var watch = Stopwatch.StartNew();
        using (var progress = new ProgressLine(to.Error))
        {
            while (watch.Elapsed < atMost)
            {
                try
                {
                    var picture = await client.Cluster.GetAsync(cancel);
                    // Seen through the eyes of the leaver itself, it is there to the end.
                    if (picture.Members.FirstOrDefault(m => m.Address == address && (incarnation is null || m.Incarnation == incarnation)) is not { } still)
                    {
                        progress.Clear();
                        Tell(to, left: true, watch.Elapsed, string.Create(CultureInfo.InvariantCulture, $"{address} has left after {watch.Elapsed.TotalSeconds:0.0} s"));
                        return ExitCode.Ok;
                    }
                    progress.Show(string.Create(CultureInfo.InvariantCulture, $"{still.Status}, {still.Shards} shards left; {watch.Elapsed.TotalSeconds:0} of {atMost.TotalSeconds:0} s"));
                }
                catch (UnavailableException) when (watch.Elapsed < atMost)
                {
                    // The node that was asked is the one that leaves, perhaps the last.
                }
                await Task.Delay(LookEvery, cancel);
            }
        }
        await to.Error.WriteLineAsync($"{address} is still a member after {atMost.TotalSeconds:0} s");
        return ExitCode.Error;
    }

    void Tell(InvocationConfiguration to, bool left, TimeSpan? after, string text)
    {
        if (json) Json.WriteLine(to.Output, new { address, incarnation, left, afterSeconds = after?.TotalSeconds });
        else to.Output.WriteLine(text);
    }
}
