using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Chaos.Nodes;

/// <summary>Knows which node owns what, as well as one can from outside: asks for the ring again and again, around the proxies.</summary>
sealed class RingWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(700);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private readonly CancellationTokenSource stop = new();
    private readonly ChaosCluster cluster;
    private readonly Dictionary<string, int> byAddress;
    private readonly Task watching;
    private volatile Picture? last;

    public RingWatch(ChaosCluster cluster)
    {
        this.cluster = cluster;
        byAddress = cluster.All.ToDictionary(n => n.Process.Address, n => n.Index, StringComparer.Ordinal);
        watching = WatchAsync();
    }

    private sealed record Picture(int?[] Owners, ShardMap Map);

    /// <summary>A node that is not asked, since it may not know better; null: any is.</summary>
    public ChaosNode? Mistrusted { get; set; }

    /// <summary>The node that owns an entity, as far as is known; null: nobody, or nothing is known yet.</summary>
    public int? OwnerOf(EntityId entity) => last is { } picture && picture.Map.TryShardOf(entity, out var shard) ? picture.Owners[shard] : null;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        http.Dispose();
        stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var node in cluster.All.Where(n => n.Process.IsRunning && n != Mistrusted))
            {
                if (await AskAsync(node) is not { } picture) continue;
                last = picture;
                break;
            }
            await Task.Delay(Every, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Picture?> AskAsync(ChaosNode node)
    {
        try
        {
            using var json = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{node.Process.HttpUrl}/v1/ring"), stop.Token));
            var owners = json.RootElement.GetProperty("shards").EnumerateArray().Select(Owner).ToArray();
            return new Picture(owners, new ShardMap(owners.Length));
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is OperationCanceledException or JsonException)
        {
            return null;
        }
    }

    private int? Owner(JsonElement shard) =>
        shard.TryGetProperty("allocated", out var allocated) && allocated.GetBoolean() && byAddress.TryGetValue(shard.GetProperty("node").GetString()!, out var node) ? node : null;
}
