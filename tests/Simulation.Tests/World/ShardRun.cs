using AkkaHa.Core.Ownership;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// One shard on one node: taken before any entity of it starts, run, and handed over: every activation stops after its write in flight, then the grant leaves
/// the table, then the release is sent.
/// </summary>
sealed class ShardRun(Node node, int shard)
{
    private const int BufferAtMost = 100;

    private enum State
    {
        None,
        Taking,
        Running,
        Stopping,
    }

    private readonly SimulatedWorld world = node.World;
    private readonly List<(EntityId To, Command Command, long CallId)> buffer = [];
    private State state;
    private bool inFlight;
    private bool againDue;
    private long epoch;

    public int Shard => shard;

    public bool IsRunning => state == State.Running;

    /// <summary>Until it is known what became of an attempt to take, the row says nothing.</summary>
    public bool IsTaking => state == State.Taking || inFlight;

    /// <summary>What this node has last heard about who is to run the shard.</summary>
    public void Look(bool wanted)
    {
        if (wanted && state == State.None)
        {
            state = State.Taking;
            Take();
        }
        else if (!wanted && state == State.Taking)
        {
            state = State.None;
            buffer.Clear();
        }
        else if (!wanted && state == State.Running) HandOver();
    }

    public void Deliver(EntityId to, Command command, long callId)
    {
        if (state == State.Running) node.Run(to, epoch, command, callId);
        else if (state == State.Taking && buffer.Count < BufferAtMost) buffer.Add((to, command, callId));
    }

    /// <summary>The grant is over, through no will of this node's.</summary>
    public void Lose()
    {
        state = State.None;
        foreach (var host in node.HostsOf(shard)) host.Die();
    }

    private void Take()
    {
        // One operation at a time, and none of an incarnation that is over.
        if (state != State.Taking || inFlight || node.IsStopped) return;
        if (!node.Heartbeat.HasRenewed)
        {
            // It could not answer anybody yet.
            Again();
            return;
        }
        inFlight = true;
        var holder = node.Heartbeat.HolderOf(shard);
        var expiredAt = holder is null ? null : node.Heartbeat.Watch.ExpiredAt(holder, node.Process.Clock.MonoMs);
        node.Process.Step("between watching and taking", () => world.Database.Transact(node.Process,
            () => world.Database.Tables.Take(shard, node.Name, holder, expiredAt),
            taken => node.Process.Step("between the take's commit and the grant", () => Ended(taken)),
            () =>
            {
                world.Count("take with an unknown outcome");
                inFlight = false;
                Again();
            }));
    }

    private void Again()
    {
        if (againDue) return;
        againDue = true;
        node.Process.After(world.Rng.Between(50, 300), () =>
        {
            againDue = false;
            Take();
        });
    }

    private void Ended(Taken taken)
    {
        inFlight = false;
        if (node.IsStopped) return;
        if (taken.Verdict is TakeVerdict.Held or TakeVerdict.TakerFenced)
        {
            Again();
            return;
        }
        if (taken.Verdict == TakeVerdict.TakeAndFence) world.Count("took after expiry");
        // Nobody wants it here any more: the row is an orphan now.
        if (state != State.Taking) return;
        state = State.Running;
        epoch = taken.Epoch;
        world.Trace($"{node} runs shard {shard} as #{epoch}");
        node.Enter(shard, epoch);
        foreach (var (to, command, callId) in buffer.ToArray()) node.Deliver(to, command, callId);
        buffer.Clear();
    }

    private void HandOver()
    {
        state = State.Stopping;
        world.Count("hand-over");
        var hosts = node.HostsOf(shard);
        var open = hosts.Count;
        if (open == 0) Down();
        foreach (var host in hosts)
        {
            if (world.Rules.StopAfterWrite) host.StopThen(() =>
            {
                if (--open == 0) Down();
            });
            else host.Poison();
        }
        if (!world.Rules.StopAfterWrite && open > 0) Down();
    }

    private void Down()
    {
        if (state != State.Stopping || node.IsStopped) return;
        state = State.None;
        node.Leave(shard);
        // A release names the epoch that it is about: the shard may have been taken again before it is sent.
        var over = epoch;
        node.Process.Step("between leaving the table and releasing", () => node.Release(shard, over));
    }
}
