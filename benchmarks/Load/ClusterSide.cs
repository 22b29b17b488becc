using System.Globalization;
using AkkaHa.Cli.Local;
using AkkaHa.Messages.V1;

namespace AkkaHa.Load;

/// <summary>
/// Nodes of AkkaHa, of which one is killed. Three turns: the owner of some hot key (neither the oldest nor the leader, if there is such a one); the oldest member, which hosts the coordinator of the
/// shards; the leader, which is the member with the lowest address, and who takes decisions of the cluster.
/// </summary>
public sealed class ClusterSide : ISide
{
    private const int HotKeysOfANode = 8;

    private readonly LocalCluster cluster;
    private readonly ClusterReader reader;

    /// <summary>A cluster that runs, and has settled.</summary>
    /// <param name="cluster">The nodes.</param>
    /// <param name="reader">Of these nodes.</param>
    /// <param name="ring">As it is now: some keys of each node become the hot ones.</param>
    /// <param name="target">Who is asked.</param>
    /// <param name="lanes">What for.</param>
    public ClusterSide(LocalCluster cluster, ClusterReader reader, RingState ring, IKeyTarget target, LaneSet lanes)
    {
        (this.cluster, this.reader, Target, Lanes) = (cluster, reader, target, lanes);
        var asked = lanes.All.Select(lanes.ShardOf).ToHashSet();
        lanes.Heat(ring.Shards.Where(s => asked.Contains(Number(s))).GroupBy(s => s.Node).SelectMany(g => g.Take(HotKeysOfANode)).Select(Number).ToHashSet());
    }

    /// <inheritdoc />
    public IKeyTarget Target { get; }

    /// <inheritdoc />
    public LaneSet Lanes { get; }

    /// <summary>Called when a node has just been killed.</summary>
    public Action? Killed { get; init; }

    /// <inheritdoc />
    public async Task<Victim> ChooseAsync(int round, CancellationToken ct)
    {
        var ring = await reader.RingAsync(ct);
        var owners = ring.Shards.ToDictionary(Number, s => s.Node);
        var state = await reader.ClusterAsync(ct);
        var oldest = state.Members.MaxBy(m => m.UptimeSeconds)!.Address;
        var (turn, address) = (round % 3) switch
        {
            0 => ("owner of a key", OwnerOfAHotKey(round / 3, owners, oldest, state.Leader)),
            1 => ("oldest, coordinator", oldest),
            _ => ("leader", state.Leader),
        };
        var node = cluster.ByAddress(address);
        return new Victim(turn, node.Name, lane => owners[Lanes.ShardOf(lane)] == address, () => KillAsync(node), () => Task.Run(node.Start, ct), async cancel =>
        {
            await node.WaitReadyAsync(TimeSpan.MaxValue, cancel);
            await reader.WaitSettledAsync(TimeSpan.MaxValue, cancel);
        });
    }

    /// <summary>Its target.</summary>
    public ValueTask DisposeAsync() => Target.DisposeAsync();

    private async Task KillAsync(NodeProcess node)
    {
        await node.KillAsync();
        Killed?.Invoke();
    }

    private string OwnerOfAHotKey(int number, Dictionary<int, string> owners, params string[] notThese)
    {
        var hot = Lanes.Hot.Select(l => owners[Lanes.ShardOf(l)]).ToArray();
        var fit = hot.Except(notThese).ToArray();
        return fit.Length > 0 ? fit[number % fit.Length] : hot[number % hot.Length];
    }

    private static int Number(ShardOwner shard) => int.Parse(shard.Shard, CultureInfo.InvariantCulture);
}
