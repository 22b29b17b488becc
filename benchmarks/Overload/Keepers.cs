using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Overload;

/// <summary>Sessions that are kept alive all the time, each at a third of its time to live, as clients do.</summary>
internal sealed class Keepers : IAsyncDisposable
{
    private const int Sessions = 1000;
    private const int AtOnce = 32;
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stop = new();
    private readonly AkkaHaClient client;
    private readonly SessionId[] sessions;
    private readonly List<double> tookMs = [];
    private readonly HashSet<SessionId> lost = [];
    private readonly Task keeping;

    private Keepers(AkkaHaClient client, SessionId[] sessions)
    {
        this.client = client;
        this.sessions = sessions;
        keeping = Task.WhenAll(sessions.Select((id, i) => KeepAsync(id, i)));
    }

    public int Count => sessions.Length;

    public static async Task<Keepers> StartAsync(string endpoints, CancellationToken ct)
    {
        var client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = endpoints });
        var sessions = new SessionId[Sessions];
        await Parallel.ForAsync(0, Sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (i, cancel) => sessions[i] = await client.Sessions.CreateAsync(Ttl, "overload", cancel));
        return new Keepers(client, sessions);
    }

    /// <summary>The longest that a keepalive took since the last time that somebody asked, in milliseconds, and the 99th percentile.</summary>
    public (double Worst, double P99) TakeTimes()
    {
        lock (tookMs)
        {
            var sorted = tookMs.Order().ToArray();
            tookMs.Clear();
            return sorted.Length == 0 ? (0, 0) : (sorted[^1], sorted[(int)(0.99 * (sorted.Length - 1))]);
        }
    }

    /// <summary>Asks for each once more: how many have ended.</summary>
    public async Task<int> CountLostAsync(CancellationToken ct)
    {
        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (id, cancel) => await TryAsync(id, cancel));
        lock (lost) return lost.Count;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await client.DisposeAsync();
        stop.Dispose();
    }

    private async Task KeepAsync(SessionId id, int number)
    {
        await Task.Delay(Ttl / 3 * number / Sessions, stop.Token);
        while (await TryAsync(id, stop.Token)) await Task.Delay(Ttl / 3, stop.Token);
    }

    private async Task<bool> TryAsync(SessionId id, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        try
        {
            await client.Sessions.KeepAliveAsync(id, ct);
        }
        catch (SessionExpiredException)
        {
            lock (lost) lost.Add(id);
            return false;
        }
        catch (UnavailableException)
        {
            // Not answered: whether it lives, the next says.
        }
        lock (tookMs) tookMs.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds);
        return true;
    }
}
