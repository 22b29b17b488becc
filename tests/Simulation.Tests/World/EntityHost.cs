using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// One activation of an entity on a node, step by step as the node's entity actor goes: it does what the batches say, in their order, each effect through the
/// gate. Between any two steps of a turn its thread, or the whole process, may stand still.
/// </summary>
sealed class EntityHost
{
    private const int BatchAtMost = 64;
    private const int TimersLateMs = 20;

    private enum State
    {
        Recovering,
        Ready,

        /// <summary>In the middle of a turn: nothing else of this activation runs.</summary>
        Deciding,
        Persisting,
        Stopped,
    }

    private readonly Node node;
    private readonly SimulatedWorld world;
    private readonly Rows rows;
    private readonly List<Incoming> inbox = [];
    private readonly OpenCalls calls;
    private readonly Outgoing outgoing;
    private readonly bool dirty;
    private State state = State.Recovering;
    private Entity? entity;
    private bool decisionDue;
    private bool waits;
    private long decisionOrder;
    private bool stopping;
    private bool dying;
    private bool poisoned;
    private long wakeOrder;
    private Action? whenStopped;

    public EntityHost(Node node, EntityId id, long epoch)
    {
        this.node = node;
        world = node.World;
        Id = id;
        Epoch = epoch;
        dirty = node.IsDirty(id);
        rows = new Rows(node.Process, id);
        calls = new OpenCalls(world);
        outgoing = new Outgoing(node, id, epoch, calls, Hear);
        node.Process.After(world.Rng.Between(0, world.Faults.RecoverySlowMs), () => rows.Recover(
            () => state == State.Recovering ? new Entity(Id, Machines.For(Id, world.Rules, world.OutcomeTimes), Epoch, dirty, world.Rules) : null, Recovered, () => Stop(Ended.Unclean)));
    }

    public EntityId Id { get; }

    public long Epoch { get; }

    public bool IsEnding => stopping || dying || poisoned;

    /// <summary>For the judges, when nothing goes on any more.</summary>
    public Entity? Settled => state == State.Ready ? entity : null;

    /// <summary>Calls that this activation owes an answer.</summary>
    public int OpenCalls => calls.Count;

    public bool IsIdle => state == State.Ready && inbox.Count == 0 && !IsEnding && entity!.IsIdle;

    private int Shard => world.Shards.ShardOf(Id);

    public void Deliver(Command command, long callId)
    {
        inbox.Add(new Incoming(callId, command));
        DecideSoon();
    }

    /// <summary>What came of an effect: for this activation alone, and for none that follows it.</summary>
    private void Hear(Command command)
    {
        if (state != State.Stopped && !IsEnding) Deliver(command, 0);
    }

    /// <summary>The stop message: it comes after the write in flight, and after what has been taken in.</summary>
    public void StopThen(Action? then)
    {
        whenStopped = then;
        stopping = true;
        if (state == State.Stopped) then?.Invoke();
        else if (state == State.Recovering) Stop(Ended.Clean);
        else if (state == State.Ready && inbox.Count == 0) Leave();
        else DecideSoon();
    }

    /// <summary>What is known and not stored goes first.</summary>
    private void Leave()
    {
        if (entity!.HasUnstored) Decide(leaving: true);
        else Stop(Ended.Clean);
    }

    /// <summary>The activation dies, the process lives on. Never within a turn.</summary>
    public void Die()
    {
        dying = true;
        if (state != State.Deciding) Stop(Ended.Unclean);
    }

    /// <summary>As a message that ends an actor at once does it, whatever is in flight; and nobody remembers that something was.</summary>
    public void Poison()
    {
        poisoned = true;
        if (state != State.Deciding) Stop(Ended.Clean);
    }

    private void Recovered(Entity recovered, Recovered how)
    {
        if (how == Core.Entities.Recovered.Superseded)
        {
            world.Trace($"{node} {Id}#{Epoch} is superseded");
            world.Count("superseded");
            Stop(Ended.Unclean);
            node.Supersede(Shard, Epoch);
            return;
        }
        entity = recovered;
        state = State.Ready;
        world.Trace($"{node} {Id}#{Epoch} recovered to {recovered.DurableSequenceNr}");
        world.Reached?.Invoke(new Point(Where.Recovered, Id));
        if (!node.Process.IsUp || state != State.Ready) return;
        DecideSoon();
        if (inbox.Count == 0) Wake();
    }

    private void DecideSoon()
    {
        if (state != State.Ready || (decisionDue && !waits)) return;
        // As on a node: what tells nobody anything waits for company, but not when something is due, or the activation is to end.
        var mayWait = !stopping && inbox.Count > 0 && !(entity!.WakeAtMs <= node.Moment.MonoMs) && inbox.TrueForAll(i => entity.MayWait(i.Command, node.Moment));
        if (waits && mayWait) return;
        if (mayWait) world.Count("waited for company");
        else if (waits) world.Count("waited for company, which came");
        (decisionDue, waits) = (true, mayWait);
        var order = ++decisionOrder;
        node.Process.After(mayWait ? Entity.CompanyMs + world.Rng.Between(0, TimersLateMs) : world.Rng.Chance(0.3) ? world.Rng.Between(1, 5) : 0, () =>
        {
            if (order != decisionOrder) return;
            decisionDue = waits = false;
            if (state == State.Ready && (inbox.Count > 0 || entity!.WakeAtMs <= node.Moment.MonoMs)) Decide();
        });
    }

    private void Wake()
    {
        if (state != State.Ready || entity!.WakeAtMs is not { } at) return;
        var order = ++wakeOrder;
        // Timers are never early, and often late.
        node.Process.After(node.Process.Clock.Until(at) + (world.Rng.Chance(0.2) ? world.Rng.Between(0, 300) : 0), () =>
        {
            if (order == wakeOrder) DecideSoon();
        });
    }

    private void Decide(bool leaving = false)
    {
        state = State.Deciding;
        Incoming[] taken = [.. inbox.Take(BatchAtMost)];
        inbox.RemoveRange(0, taken.Length);
        calls.Begin(taken);
        Batch batch;
        try
        {
            batch = entity!.Decide(taken, node.Moment, leaving);
        }
        catch (Exception e) when (e is InvalidHistoryException or InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            world.Fail("deciding", $"{Id}: {e}");
            Stop(Ended.Unclean);
            return;
        }
        world.Trace($"{node} {Id}#{Epoch} decides [{Names.Of(taken)}] -> rows from {batch.FirstSequenceNr}: [{Names.Of(batch.Rows)}]");
        node.Process.Step("between deciding and the gate", () => outgoing.Perform(batch.Now, () =>
        {
            if (batch.Rows.Count == 0) Finish(batch);
            else node.Process.Step("between deciding and the write", () =>
            {
                state = State.Persisting;
                rows.Write(batch, end => Reported(batch, end));
                if (dying) Stop(Ended.Unclean);
                else if (poisoned) Stop(Ended.Clean);
            });
        }));
    }

    private void Reported(Batch batch, WriteEnd end)
    {
        if (state != State.Persisting) return;
        world.Trace($"{node} {Id}#{Epoch} rows from {batch.FirstSequenceNr}: {end}");
        if (end != WriteEnd.Stored)
        {
            world.Count($"write {end}");
            calls.Unconfirmed(batch);
            if (end != WriteEnd.Rejected || world.Rules.RejectedPersistStops)
            {
                Stop(Ended.Unclean);
                return;
            }
        }
        if (end == WriteEnd.Stored) world.Reached?.Invoke(new Point(Where.Stored, Id, batch));
        if (!node.Process.IsUp || state != State.Persisting) return;
        entity!.Persisted();
        state = State.Deciding;
        if (end == WriteEnd.Stored)
        {
            rows.Count(batch);
            node.Clean(Id);
            rows.Keep(entity);
        }
        Finish(batch);
    }

    private void Finish(Batch batch) => outgoing.Perform(batch.Afterwards, () =>
    {
        if (state != State.Deciding) return;
        state = State.Ready;
        if (batch.StopAfterwards)
        {
            world.Count("answered a read of nothing");
            stopping = true;
        }
        if (dying) Stop(Ended.Unclean);
        else if (poisoned) Stop(Ended.Clean);
        else if (stopping && inbox.Count == 0) Leave();
        else if (inbox.Count > 0) DecideSoon();
        else Wake();
    });

    private enum Ended
    {
        Clean,
        Unclean,
    }

    private void Stop(Ended how)
    {
        if (state == State.Stopped) return;
        if (how == Ended.Unclean) node.MakeDirty(Id);
        state = State.Stopped;
        calls.End(inbox);
        inbox.Clear();
        node.Stopped(this);
        whenStopped?.Invoke();
    }
}
