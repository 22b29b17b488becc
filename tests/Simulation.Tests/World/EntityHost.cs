using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>One activation of an entity on a node: it does what the batches say, in their order, each effect through the gate.</summary>
sealed class EntityHost
{
    private const int BatchAtMost = 64;

    private enum State
    {
        Recovering,
        Ready,
        Persisting,
        Stopped,
    }

    private readonly Node node;
    private readonly SimulatedWorld world;
    private readonly List<Incoming> inbox = [];
    private readonly Dictionary<long, (bool Mutation, bool Begun)> openCalls = [];
    private State state = State.Recovering;
    private Entity? entity;
    private bool decisionDue;
    private long wakeOrder;
    private Action? whenStopped;

    public EntityHost(Node node, EntityId id, long epoch)
    {
        this.node = node;
        world = node.World;
        Id = id;
        Epoch = epoch;
        world.Scheduler.After(world.Rng.Between(0, 10), Recover);
    }

    public EntityId Id { get; }

    public long Epoch { get; }

    public bool IsStopped => state == State.Stopped;

    /// <summary>For the judges, when nothing goes on any more.</summary>
    public Entity? Settled => state == State.Ready ? entity : null;

    /// <summary>Calls that this activation owes an answer.</summary>
    public int OpenCalls => openCalls.Count;

    public bool IsIdle => state == State.Ready && inbox.Count == 0 && whenStopped is null && entity!.IsIdle;

    public void Deliver(Command command, long callId)
    {
        if (state == State.Stopped || whenStopped is not null)
        {
            Refuse(callId, mutation: Entity.IsMutation(command), begun: false);
            return;
        }
        inbox.Add(new Incoming(callId, command));
        if (callId != 0) openCalls[callId] = (Entity.IsMutation(command), false);
        DecideSoon();
    }

    /// <summary>Ends the activation after the write in flight; nothing new is begun.</summary>
    public void StopThen(Action then)
    {
        whenStopped = then;
        if (state is State.Ready or State.Recovering) Stop(clean: true);
        else if (state == State.Stopped) then();
    }

    /// <summary>The process is gone: nothing is heard of it any more.</summary>
    public void Vanish() => state = State.Stopped;

    /// <summary>The activation dies, the process lives on.</summary>
    public void Die() => Stop(clean: false);

    private void Recover()
    {
        if (state != State.Recovering) return;
        var missing = world.Rng.Chance(world.Faults.ReplayMisses);
        var replay = world.Journal.Read(Id, missing);
        var fresh = new Entity(Id, Machines.For(Id, world.Rules), Epoch, node.IsDirty(Id), world.Rules);
        Recovered recovered;
        try
        {
            if (replay.Snapshot is { } snapshot) fresh.RecoverSnapshot(snapshot.SequenceNr, snapshot.Snapshot);
            foreach (var (sequenceNr, row) in replay.Rows) fresh.RecoverRow(sequenceNr, row);
            recovered = fresh.FinishRecovery(replay.Highest);
        }
        catch (InvalidHistoryException e)
        {
            if (!missing) world.Fail("recovery", e.Message);
            world.Count("recovery refused a gap");
            Stop(clean: false);
            return;
        }
        if (recovered == Recovered.Superseded)
        {
            world.Trace($"{node} {Id}#{Epoch} is superseded");
            world.Count("superseded");
            Stop(clean: false);
            node.Drop(world.Shards.ShardOf(Id), Epoch);
            return;
        }
        entity = fresh;
        state = State.Ready;
        world.Trace($"{node} {Id}#{Epoch} recovered to {fresh.DurableSequenceNr}");
        DecideSoon();
        if (inbox.Count == 0) Wake();
    }

    private void DecideSoon()
    {
        if (decisionDue || state != State.Ready) return;
        decisionDue = true;
        world.Scheduler.After(world.Rng.Chance(0.3) ? world.Rng.Between(1, 5) : 0, () =>
        {
            decisionDue = false;
            if (state == State.Ready && (inbox.Count > 0 || entity!.WakeAtMs <= node.Moment.MonoMs)) Decide();
        });
    }

    private void Wake()
    {
        if (state != State.Ready || entity!.WakeAtMs is not { } at) return;
        var order = ++wakeOrder;
        // Timers are never early, and often late.
        world.Scheduler.At(node.WorldTimeOf(at) + (world.Rng.Chance(0.2) ? world.Rng.Between(0, 300) : 0), () =>
        {
            if (order == wakeOrder) DecideSoon();
        });
    }

    private void Decide()
    {
        var taken = inbox.Take(BatchAtMost).ToArray();
        inbox.RemoveRange(0, taken.Length);
        foreach (var one in taken)
            if (one.CallId != 0) openCalls[one.CallId] = (Entity.IsMutation(one.Command), true);
        Batch batch;
        try
        {
            batch = entity!.Decide(taken, node.Moment);
        }
        catch (Exception e) when (e is InvalidHistoryException or InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            world.Fail("deciding", $"{Id}: {e}");
            Stop(clean: false);
            return;
        }
        if (world.Tracing)
            world.Trace($"{node} {Id}#{Epoch} decides [{string.Join(", ", taken.Select(t => t.Command.BodyCase))}] -> rows from {batch.FirstSequenceNr}: [{string.Join(" | ", batch.Rows.Select(r => string.Join(", ", r.Events)))}]");
        foreach (var effect in batch.Now) Perform(effect);
        if (batch.Rows.Count == 0)
        {
            Finish(batch);
            return;
        }
        state = State.Persisting;
        world.Journal.Write(Id, batch.FirstSequenceNr, batch.Rows, stored => Reported(batch, stored));
    }

    private void Reported(Batch batch, bool stored)
    {
        if (state != State.Persisting) return;
        world.Trace($"{node} {Id}#{Epoch} rows from {batch.FirstSequenceNr} {(stored ? "are stored" : "failed")}");
        if (!stored)
        {
            world.Count("write failed");
            Stop(clean: false);
            return;
        }
        entity!.Persisted();
        foreach (var row in batch.Rows)
        {
            foreach (var one in row.Events) world.Count($"event {one.BodyCase}");
            if (row.Events.Count == 0) world.Count("row of outcomes alone");
        }
        node.Clean(Id);
        state = State.Ready;
        if (world.Rng.Chance(world.Faults.SnapshotEvery)) world.Journal.SaveSnapshot(Id, entity.DurableSequenceNr, entity.TakeSnapshot());
        Finish(batch);
    }

    private void Finish(Batch batch)
    {
        foreach (var effect in batch.Afterwards) Perform(effect);
        if (state != State.Ready) return;
        if (batch.StopAfterwards) world.Count("answered a read of nothing");
        if (batch.StopAfterwards || whenStopped is not null)
        {
            Stop(clean: true);
            return;
        }
        if (inbox.Count > 0) DecideSoon();
        else Wake();
    }

    private void Perform(Effect effect)
    {
        var open = !world.Rules.Gate || node.IsOpen(world.Shards.ShardOf(Id), Epoch);
        switch (effect)
        {
            case AnswerEffect answer when answer.Call.Id != 0:
                if (!openCalls.Remove(answer.Call.Id)) world.Fail("answering", $"{Id} answered call {answer.Call.Id} twice: {answer.Reply}");
                else if (open)
                {
                    world.Count($"answer {answer.Reply.Failure?.Code.ToString() ?? answer.Reply.BodyCase.ToString()}");
                    world.Network.Answer(answer.Call.Id, answer.Reply);
                }
                else Refuse(answer.Call.Id, answer.Call.IsMutation, begun: true);
                break;
            case SendEffect send when open:
                world.Count($"sent {send.Command.BodyCase}{(send.Command.Vote is { } vote ? $" {vote.Kind}" : "")}");
                world.Network.Send(send.To, send.Command);
                break;
            default:
                world.Count("kept back by the gate");
                break;
        }
    }

    private void Refuse(long callId, bool mutation, bool begun)
    {
        if (callId == 0) return;
        world.Network.Answer(callId, mutation && begun
            ? Replies.Failure(ErrorCode.OutcomeUnknown, "the owner can't tell any more")
            : Replies.Failure(ErrorCode.Unavailable, "not owned here, for now"));
    }

    private void Stop(bool clean)
    {
        if (state == State.Stopped) return;
        if (!clean) node.MakeDirty(Id);
        state = State.Stopped;
        foreach (var (callId, (mutation, begun)) in openCalls.OrderBy(c => c.Key)) Refuse(callId, mutation, begun);
        openCalls.Clear();
        node.Stopped(this);
        whenStopped?.Invoke();
    }
}
