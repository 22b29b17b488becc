using AkkaHa.Cli.Local;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Demo;

/// <summary>Kills the node that owns the lock, waits until everybody is served again, and brings it back.</summary>
sealed class Failover(LocalCluster cluster, RingReader ring, Workload workload, Screen screen, DemoPlan plan)
{
    static readonly TimeSpan TakeOverWithin = TimeSpan.FromSeconds(60);
    static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(90);

    /// <summary>The node that was killed; null before.</summary>
    public NodeProcess? Victim { get; private set; }

    /// <summary>Plays it through.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var entity = EntityId.Lock(DemoNames.Lock).ToString();
        var before = await ring.OwnerAsync(entity, cancel);
        var victim = Victim = cluster.ByAddress(before.Node);
        screen.Head($"{victim.Name} is killed (SIGKILL): it owns the lock");
        screen.Say($"{ring.UrlOf(entity)} answers: shard {before.Shard}, {victim.Name}, epoch {before.Epoch}.");
        await KillAsync(victim, cancel);
        var after = await ring.OwnerAsync(entity, cancel);
        screen.Say($"The lock is on {cluster.ByAddress(after.Node).Name} now, epoch {after.Epoch}. Its fences go on growing from where they were.");
        await Task.Delay(plan.TwoNodesFor, cancel);
        screen.Head($"{victim.Name} is started again");
        await BringBackAsync(victim, cancel);
    }

    async Task KillAsync(NodeProcess victim, CancellationToken cancel)
    {
        workload.Enter(DemoPhase.NodeGone);
        var killedAt = TimeProvider.System.GetTimestamp();
        await victim.KillAsync();
        var probe = workload.Probes[victim];
        await workload.UntilAsync(() => probe.AllServedSince(killedAt) && workload.Increments.AllServedSince(killedAt), $"what lived on {victim.Name} can be used again", TakeOverWithin, cancel);
        // Who has had a success since then has none of its waits still going on.
        var servedAt = TimeProvider.System.GetTimestamp();
        await workload.UntilAsync(() => workload.Kinds.All(k => k.AllServedSince(servedAt)), "every worker is served again", TakeOverWithin, cancel);
        screen.Say($"Everybody was served again {TimeProvider.System.GetElapsedTime(killedAt).TotalSeconds:0.0} s after the kill. The longest waits since then:");
        foreach (var kind in workload.Kinds) screen.Say($"  {kind.Name,-16} {Wait.Of(kind.LongestWait(DemoPhase.NodeGone)),8}");
    }

    async Task BringBackAsync(NodeProcess victim, CancellationToken cancel)
    {
        workload.Enter(DemoPhase.NodeBack);
        var startedAt = TimeProvider.System.GetTimestamp();
        victim.Start();
        await victim.WaitReadyAsync(BackWithin, cancel);
        var readyAfter = TimeProvider.System.GetElapsedTime(startedAt);
        await ring.WaitInPlaceAsync(BackWithin, cancel);
        screen.Say($"It was ready after {readyAfter.TotalSeconds:0.0} s, and had its shards back after {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s.");
    }
}
