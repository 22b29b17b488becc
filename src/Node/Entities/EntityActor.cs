using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using Envelope = AkkaHa.Messages.Storage.Envelope;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Telemetry;

namespace AkkaHa.Node.Entities;

/// <summary>
/// Runs one <see cref="Entity"/>: recovers it, lets it decide in batches, persists each batch as one atomic write, and lets the answers go
/// once it is durable, through the gate. While a batch is in flight, commands queue. It decides nothing itself.
/// </summary>
internal sealed class EntityActor : UntypedPersistentActor, IWithTimers
{
    private const int BatchAtMost = 512;
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    private readonly NodeParts parts;
    private readonly Entity entity;
    private readonly int shard;
    private readonly bool hasGrant, isKey, isReadAcross;
    private readonly CommandQueue queue;
    private readonly Retention retention;
    private readonly ILoggingAdapter log = Context.GetLogger();
    private readonly EntityMeter meter;
    private readonly TurnTraces traces = new();
    private readonly EntityAlarms alarms = new();
    private readonly Company company;
    private Batch? inFlight;
    private int rowsToGo;
    private bool recovered, stopping, superseded, hasDecided;

    public EntityActor(string entityId)
    {
        parts = NodeParts.Of(Context.System);
        PersistenceId = entityId;
        var id = EntityId.Parse(entityId);
        isKey = id.Kind == EntityId.KeyKind;
        // Watches and the indexes read the rows of these.
        isReadAcross = isKey || id.Kind is EntityId.SessionKind or EntityId.LockKind;
        shard = parts.Shards.ShardOf(id);
        var epoch = parts.Grants.EpochOf(shard);
        hasGrant = epoch is not null;
        meter = new EntityMeter(id.Kind, parts.Writes);
        queue = new CommandQueue(meter, traces, parts.Admission);
        retention = new Retention(parts.Settings.Storage.KeepEventsSeconds * 1000L, parts.Rules);
        entity = new Entity(id, Machines.For(id, parts.Rules, parts.OutcomeTimes), epoch ?? 0, parts.Dirty.Contains(entityId), parts.Rules);
        company = new Company(entity, queue, parts.CompanyMs);
        if (hasGrant) queue.BeginRecovery();
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string entityId) => Akka.Actor.Props.Create(() => new EntityActor(entityId));

    protected override void OnRecover(object message)
    {
        if (!hasGrant) return;
        switch (message)
        {
            case SnapshotOffer { Snapshot: Messages.Storage.Snapshot snapshot } offer:
                entity.RecoverSnapshot(offer.Metadata.SequenceNr, snapshot);
                retention.Saved(offer.Metadata.SequenceNr, NodeClock.Now().MonoMs);
                break;
            case Envelope row:
                entity.RecoverRow(LastSequenceNr, row);
                break;
            case RecoveryCompleted:
                superseded = entity.FinishRecovery(LastSequenceNr) == Recovered.Superseded;
                if (superseded)
                {
                    log.Warning("{0}: a later owner has written; epoch {1} of shard {2} is over", PersistenceId, entity.Epoch, shard);
                    parts.Grants.Supersede(shard, entity.Epoch);
                }
                recovered = true;
                queue.EndRecovery();
                meter.Recovered();
                meter.Holds(entity.Levels);
                alarms.Begin(Timers);
                break;
            default:
                throw new InvalidHistoryException($"{PersistenceId}: the journal holds a {message.GetType()}");
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Command command: OnCommandFor(command); break;
            case EntityAlarms.Wake: Wake(); break;
            case Company.Over: company.HasRung(); if (queue.Count > 0) Decide(); queue.Tell(); break;
            case StopEntity: Stop(); break;
            case EntityAlarms.IdleLook: if (alarms.IsUnused(Timers) && entity.IsIdle && queue.Count == 0) Sleep(); break;
            case SaveSnapshotSuccess saved: OnSnapshotSaved(saved.Metadata.SequenceNr); break;
            case SaveSnapshotFailure failed: log.Warning("{0}: snapshot {1} was not saved: {2}", PersistenceId, failed.Metadata.SequenceNr, failed.Cause.Message); break;
            case Deletable { May: true } rows: DeleteMessages(rows.UpTo); break;
            // An index has not read them yet.
            case Deletable { May: false } rows: Timers.StartSingleTimer(nameof(Deletable), rows with { May = null }, AskAgain); break;
            case Deletable rows: AskToDelete(rows.UpTo); break;
            case DeleteSnapshotsSuccess or DeleteMessagesSuccess: break;
            case DeleteMessagesFailure failed: log.Warning("{0}: rows up to {1} were not deleted, and will be with the next: {2}", PersistenceId, failed.ToSequenceNr, failed.Cause.Message); break;
            case DeleteSnapshotsFailure failed: log.Debug("{0}: old snapshots were not deleted: {1}", PersistenceId, failed.Cause.Message); break;
            default: Unhandled(message); break;
        }
    }

    private void OnCommandFor(Command command)
    {
        if (!hasGrant || superseded)
        {
            Unsaid.Refuse(Sender, command);
            Context.Stop(Self);
            return;
        }
        if (queue.Refusal(command, PersistenceId) is { } refusal)
        {
            Sender.Tell(new Reply { Failure = refusal });
            // Only the read that wakes an entity may be answered from what it has just recovered, without a claim. This one was not.
            if (!hasDecided) Context.Stop(Self);
            return;
        }
        alarms.Used();
        queue.Add(Sender, command);
        Decide();
        queue.Tell();
    }

    /// <summary>Where a snapshot is due first, not before the look after this one.</summary>
    private void Sleep()
    {
        if (!superseded && entity.IsSnapshotDueBeforeSleep && parts.SleepSnapshots.TryTake()) SaveSnapshot(entity.TakeSnapshot());
        else Context.Parent.Tell(new Passivate(StopEntity.Instance));
    }

    private void Wake()
    {
        alarms.HasRung();
        if (entity.WakeAtMs <= NodeClock.Now().MonoMs) Decide(isDue: true);
        else if (inFlight is null) alarms.Set(Timers, entity.WakeAtMs);
    }

    private void Decide(bool leaving = false, bool isDue = false)
    {
        if (inFlight is not null || !hasGrant || superseded || company.Waits(Timers, may: !stopping && !isDue)) return;
        hasDecided = true;
        var batch = entity.Decide(queue.Take(BatchAtMost), NodeClock.Now() with { IsWatched = parts.AreKeysWatched() }, leaving);
        Run(batch.Now);
        if (batch.Rows.Count == 0)
        {
            Run(batch.Afterwards);
            if (batch.StopAfterwards) Context.Parent.Tell(new Passivate(StopEntity.Instance));
            AfterBatch();
            return;
        }
        inFlight = batch;
        rowsToGo = batch.Rows.Count;
        queue.Persisting(rowsToGo);
        PersistAllAsync(batch.Rows, OnRowPersisted);
    }

    private void OnRowPersisted(Envelope row)
    {
        if (--rowsToGo > 0) return;
        var batch = inFlight!;
        inFlight = null;
        entity.Persisted();
        if (entity.DurableSequenceNr != LastSequenceNr)
            throw new InvalidOperationException($"{PersistenceId}: the journal is at {LastSequenceNr}, the entity at {entity.DurableSequenceNr}");
        parts.Dirty.Remove(PersistenceId);
        if (isKey) parts.KeysWritten();
        queue.Persisted(meter.Persisted(batch.Rows));
        traces.Persisted();
        Run(batch.Afterwards);
        if (entity.IsSnapshotDue) SaveSnapshot(entity.TakeSnapshot());
        AfterBatch();
    }

    private void AfterBatch()
    {
        traces.End();
        meter.Holds(entity.Levels);
        if (queue.Count > 0) Decide();
        else if (stopping && inFlight is null) Leave();
        queue.Tell();
        if (inFlight is null) alarms.Set(Timers, entity.WakeAtMs);
    }

    private void Stop()
    {
        stopping = true;
        if (inFlight is null && queue.Count > 0) Decide();
        else if (inFlight is null) Leave();
        queue.Tell();
    }

    /// <summary>Whoever comes next needs not ask for what is known here.</summary>
    private void Leave()
    {
        if (hasGrant && !superseded && entity.HasUnstored && parts.Grants.MayAnswer(shard, entity.Epoch)) Decide(leaving: true);
        else Context.Stop(Self);
    }

    /// <summary>The gate: what is decided here leaves only while this node still owns the shard under this epoch.</summary>
    private void Run(IReadOnlyList<Effect> effects)
    {
        var open = !parts.Rules.Gate || parts.Grants.MayAnswer(shard, entity.Epoch);
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case AnswerEffect answer:
                    if (queue.TryAnswer(answer.Call, out var caller)) caller.Tell(open ? answer.Reply : Unsaid.AsMoving(answer.Call.IsMutation), Self);
                    break;
                case SendEffect send:
                    if (!open) break;
                    traces.Carry(send.Command);
                    parts.Region.Tell(send.Command, Self);
                    break;
                case ArchiveEffect archive: if (open) parts.Outcomes.Archive(archive, Hear()); break;
                case LookUpEffect lookUp: if (open) parts.Outcomes.LookUp(lookUp, Hear()); break;
                case ReadParticipantEffect read: if (open) parts.Outcomes.Read(read, Hear()); break;
                case CountEffect counted: NodeMeter.Happened(counted.What); break;
                default:
                    throw new InvalidOperationException($"no such effect: {effect.GetType()}");
            }
        }
    }

    /// <summary>What came of an effect is for this activation alone: the next one under this name has another reference.</summary>
    private Action<Command> Hear()
    {
        var self = Self;
        return command => self.Tell(command, ActorRefs.NoSender);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        log.Warning("{0}: rows from {1} on may or may not be stored: {2}", PersistenceId, inFlight?.FirstSequenceNr, cause.Message);
        Unknown(cause);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        log.Error(cause, "{0}: row {1} was rejected", PersistenceId, sequenceNr);
        Unknown(null);
        // Akka would only log it and go on, with a gap behind it.
        if (parts.Rules.RejectedPersistStops) Context.Stop(Self);
    }

    /// <summary>For the callers of a batch in flight the outcome is unknown; what was not decided was certainly not done.</summary>
    private void Unknown(Exception? cause)
    {
        meter.PersistFailed(cause);
        foreach (var answer in inFlight?.Afterwards.OfType<AnswerEffect>() ?? [])
            if (queue.TryAnswer(answer.Call, out var caller)) caller.Tell(Unsaid.Because(answer.Call.IsMutation, "the database did not confirm the write"), Self);
        traces.End("the database did not confirm the write");
        queue.Clear(Unsaid.Refuse);
    }

    protected override void PostStop()
    {
        if (entity.IsPersisting) parts.Dirty.Add(PersistenceId);
        // Waiters for a lock or a transaction: they ask again, and keep their place.
        foreach (var (caller, isMutation) in queue.Unanswered) caller.Tell(Unsaid.Because(isMutation, "the entity was stopped"), Self);
        traces.End("the entity was stopped");
        queue.Clear(Unsaid.Refuse);
        meter.Ended();
        // By itself: what it holds must not sleep until somebody asks. Neither handed over, nor one that can't be recovered.
        if (recovered && !stopping && entity.Id.Kind == EntityId.LockKind && parts.Grants.Holds(shard, entity.Epoch)) parts.LocksEnded.Enqueue(entity.Id.Name);
        base.PostStop();
    }

    private void OnSnapshotSaved(long sequenceNr)
    {
        var now = NodeClock.Now().MonoMs;
        retention.Saved(sequenceNr, now);
        // Two are kept: the one before is the way back should this one not be readable.
        if (retention.SnapshotsBelow > 0) DeleteSnapshots(new SnapshotSelectionCriteria(retention.SnapshotsBelow - 1));
        if (retention.DeleteUpTo(now) is not { } upTo) return;
        if (!isReadAcross) DeleteMessages(upTo);
        else AskToDelete(upTo);
    }

    private void AskToDelete(long upTo) =>
        parts.MayDelete(PersistenceId, upTo).PipeTo(Self, success: may => new Deletable(upTo, may), failure: cause => new DeleteMessagesFailure(cause, upTo));

    /// <summary>Whether rows up to there may go.</summary>
    private sealed record Deletable(long UpTo, bool? May);
}
