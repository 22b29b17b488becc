using System.Net.NetworkInformation;

namespace AkkaHa.Chaos.Proxies;

/// <summary>Keeps each proxy open exactly while what stands behind it listens, as the kernel tells: a stopped process still does, a killed one does not.</summary>
sealed class Upstreams : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly IReadOnlyList<Proxy> proxies;
    private readonly Task watching;

    public Upstreams(IReadOnlyList<Proxy> proxies)
    {
        this.proxies = proxies;
        watching = WatchAsync();
    }

    /// <summary>Looks now; done at once after a kill, so that nobody is accepted for a dead process.</summary>
    public void Look()
    {
        lock (gate)
        {
            var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port).ToHashSet();
            foreach (var proxy in proxies)
            {
                if (listening.Contains(proxy.Upstream)) proxy.Open();
                else proxy.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
        foreach (var proxy in proxies) proxy.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Look();
            await Task.Delay(Every, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
