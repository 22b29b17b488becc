using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaHa.Cli.Local;

namespace AkkaHa.Cli.Demo;

/// <summary>Reads the ring as anybody can: by <c>GET /v1/ring</c> from any node.</summary>
sealed class RingReader(LocalCluster cluster) : IDisposable
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowReadingFromString };

    readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>Where one entity's owner is asked for; for people to try.</summary>
    public string UrlOf(string entity) => $"{Running().First().HttpUrl}/v1/ring?key={Uri.EscapeDataString(entity).Replace("%2F", "/", StringComparison.Ordinal)}";

    /// <summary>The owner of one entity (<c>lock/…</c>, <c>kv/…</c>).</summary>
    public async Task<OwnerOfShard> OwnerAsync(string entity, CancellationToken cancel)
    {
        var answer = await http.GetFromJsonAsync<Owner>(new Uri(UrlOf(entity)), Json, cancel);
        return Of(answer ?? throw new DemoFailedException($"{UrlOf(entity)} answered nothing"));
    }

    /// <summary>All shards; null when no node can tell at the moment.</summary>
    public async Task<RingPicture?> TryReadAsync(CancellationToken cancel)
    {
        foreach (var node in Running())
        {
            try
            {
                if (await http.GetFromJsonAsync<Ring>(new Uri($"{node.HttpUrl}/v1/ring"), Json, cancel) is { Shards: { Length: > 0 } shards })
                    return new RingPicture([.. shards.Select(Of).OrderBy(s => s.Shard)]);
            }
            catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is JsonException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                // The next one.
            }
        }
        return null;
    }

    /// <summary>Waits until every shard is where the ring of the running nodes puts it.</summary>
    /// <exception cref="DemoFailedException">It does not come to that in this time.</exception>
    public async Task<RingPicture> WaitInPlaceAsync(TimeSpan atMost, CancellationToken cancel)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(startedAt) < atMost)
        {
            if (await TryReadAsync(cancel) is { } ring && ring.IsInPlace(Running().Select(n => n.Address))) return ring;
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancel);
        }
        throw new DemoFailedException($"The shards did not come to their places on the ring within {atMost.TotalSeconds:0} s; the nodes' logs are in {cluster.Directory}");
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    IEnumerable<NodeProcess> Running() => cluster.Nodes.Where(n => n.IsRunning);

    static OwnerOfShard Of(Owner owner) => new(owner.Shard, owner.Node, owner.Epoch, owner.Allocated);

    // Proto3 JSON leaves fields out that have their default value.
    sealed record Owner(int Shard = 0, string Node = "", long Epoch = 0, bool Allocated = false);

    sealed record Ring(Owner[]? Shards = null);
}
