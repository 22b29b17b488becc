using AkkaHa.Core.Ownership;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// A node's conversation with the rows of ownership: it registers, renews, watches the others, and sweeps what is its own by the rows and runs nowhere.
/// </summary>
sealed class Heartbeat(Node node)
{
    public static readonly LeaseTimings Timings = new();

    /// <summary>Several tries must fit into a lease: else one packet lost and one late are enough to lose it.</summary>
    private const long RenewalPatienceMs = 400;

    private readonly Process process = node.Process;
    private readonly SimulatedWorld world = node.World;
    private ShardRow[] rows = [];
    private bool registered;

    public NodeLease Lease { get; } = new(Timings, node.World.Rules);

    public LeaseWatch Watch { get; } = new(Timings);

    public bool HasRenewed { get; private set; }

    public bool IsOpen => Lease.IsOpen(process.Clock.MonoMs);

    /// <summary>Whom the rows name, as they were last read.</summary>
    public string? HolderOf(int shard) => shard < rows.Length ? rows[shard].Holder : null;

    public void Start() => world.Database.Transact(process, Register, _ => Beat(), () => process.After(200, Start));

    private bool Register()
    {
        // Only once: a row that was fenced and swept away must not come again.
        if (!registered) world.Database.Tables.Register(node.Name);
        return registered = true;
    }

    private void Beat()
    {
        if (node.IsStopped) return;
        var sentMs = process.Clock.MonoMs;
        process.Step("between reading the clock and renewing", () => world.Database.Transact(process, () => world.Database.Tables.Renew(node.Name), renewal =>
        {
            if (node.IsStopped) return;
            if (!renewal.Renewed)
            {
                Lease.Fenced();
                node.Fenced();
                return;
            }
            Lease.Renewed(sentMs, process.Clock.MonoMs);
            HasRenewed = true;
            Watch.Saw(renewal.Nodes, process.Clock.MonoMs);
            rows = renewal.Shards;
            if (world.Rules.OrphanSweep) Sweep(renewal.Shards);
            Next(sentMs);
        }, () =>
        {
            Watch.Interrupted();
            Next(sentMs);
        }, RenewalPatienceMs));
    }

    private void Next(long sentMs) => process.After(process.Clock.Until(sentMs + Timings.RenewEveryMs), Beat);

    private void Sweep(ShardRow[] seen)
    {
        for (var shard = 0; shard < seen.Length; shard++)
        {
            if (seen[shard].Holder != node.Name || !node.IsOrphan(shard)) continue;
            world.Count("orphan swept");
            node.Release(shard, seen[shard].Epoch);
        }
    }
}
