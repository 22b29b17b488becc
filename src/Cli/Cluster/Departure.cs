using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Cluster;

/// <summary>Waits until a member that was asked to leave is gone.</summary>
/// <param name="address">Of the member.</param>
/// <param name="incarnation">Its own; null: not known.</param>
/// <param name="ofTheLast">Where it was reached, if it was the only member: nobody else can say that it is gone, so it is when these refuse connections.</param>
/// <param name="json">How it is told.</param>
sealed class Departure(string address, string? incarnation, IReadOnlyList<string> ofTheLast, bool json)
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
                if (await NobodyIsLeftAsync(cancel))
                {
                    progress.Clear();
                    Tell(to, left: true, watch.Elapsed, string.Create(CultureInfo.InvariantCulture, $"{address} has left after {watch.Elapsed.TotalSeconds:0.0} s; it was the only member"));
                    return ExitCode.Ok;
                }
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

    async Task<bool> NobodyIsLeftAsync(CancellationToken cancel)
    {
        foreach (var endpoint in ofTheLast)
        {
            try
            {
                var uri = new Uri(endpoint);
                using TcpClient probe = new();
                await probe.ConnectAsync(uri.Host, uri.Port, cancel);
                return false;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // Nobody listens there any more.
            }
            catch (SocketException)
            {
                return false;
            }
        }
        return ofTheLast.Count > 0;
    }

    void Tell(InvocationConfiguration to, bool left, TimeSpan? after, string text)
    {
        if (json) Json.WriteLine(to.Output, new { address, incarnation, left, afterSeconds = after is { } time ? Json.Seconds(time) : (double?)null });
        else to.Output.WriteLine(text);
    }
}
