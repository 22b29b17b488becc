using System.Net.Http.Json;
using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Top;

/// <summary>Asks a cluster for what a frame shows. What is not answered is said in its place: a view for bad times must not end with the first of them.</summary>
sealed class TopSource(AkkaHaClient client) : IDisposable
{
    // What moved is told for this long.
    const long LookBackMs = 5 * 60 * 1000;
    const string Route = "/v1/cluster/activity";

    static readonly JsonSerializerOptions Lenient = new(JsonSerializerDefaults.Web);

    readonly HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(500), UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };
    long nowMs;

    public async Task<TopSnapshot> AskAsync(CancellationToken cancel)
    {
        var cluster = TryAsync(() => client.Cluster.GetAsync(cancel));
        var ring = TryAsync(() => client.Cluster.GetRingAsync(cancel));
        var locks = TryAsync(() => LocksAsync(cancel));
        var transactions = TryAsync(() => client.Transactions.ListOpenAsync(TopSnapshot.TransactionsAtMost, cancel));
        var activity = await ActivityAsync(await cluster, cancel);
        if (activity.Value is { } told) nowMs = told.NowMs;
        return new TopSnapshot(await cluster, await ring, activity, await locks, await transactions);
    }

    public void Dispose() => http.Dispose();

    /// <summary>Reads the answer of a node; null fields and unknown ones are no trouble.</summary>
    public static Activity? Parse(string json) => JsonSerializer.Deserialize<Activity>(json, Lenient);

    /// <summary>Any node tells what all have counted; those that are reachable are asked first.</summary>
    async Task<Answer<Activity>> ActivityAsync(Answer<ClusterPicture> cluster, CancellationToken cancel)
    {
        if (cluster.Value is not { } picture) return new(null, "no member is known");
        string? trouble = null;
        foreach (var member in picture.Members.Where(m => m.Http.Length > 0).OrderByDescending(m => m is { Reachable: true, Status: "Up" }))
        {
            try
            {
                var since = nowMs == 0 ? 0 : nowMs - LookBackMs;
                var told = await http.GetFromJsonAsync<Activity>(new Uri($"{member.Http}{Route}?since={since}"), Lenient, cancel);
                if (told is not null) return told;
            }
            catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is JsonException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                trouble ??= $"{member.Http}: {e.Message}";
            }
        }
        return new(null, trouble ?? "no member serves HTTP");
    }

    async Task<IReadOnlyList<LockState>> LocksAsync(CancellationToken cancel)
    {
        var locks = new List<LockState>();
        await foreach (var state in client.Locks.ListAsync(pageSize: TopSnapshot.LocksAtMost, cancellationToken: cancel))
        {
            locks.Add(state);
            if (locks.Count == TopSnapshot.LocksAtMost) break;
        }
        return locks;
    }

    static async Task<Answer<T>> TryAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return new(await ask(), null);
        }
        catch (AkkaHaException e)
        {
            return new(null, e.Message);
        }
    }
}
