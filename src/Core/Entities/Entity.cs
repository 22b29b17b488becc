using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Entities;

/// <summary>
/// What every entity has in common, whatever its kind: recovery with its checks, the claim, group commit, outcomes for repeats.
/// The host (an actor, or the simulation) persists and sends what <see cref="Decide"/> says, and nothing else.
/// </summary>
public sealed class Entity
{
    /// <summary>A row that is as large takes no more commands in.</summary>
    public const int RowBytesShared = 16 * 1024;

    /// <summary>For so long at most what <see cref="MayWait"/> says is left undecided, in milliseconds.</summary>
    public const int CompanyMs = 5;

    /// <summary>The version of the stored format.</summary>
    public const uint Schema = 1;

    private static readonly Call Nobody = new(0, "", 1, ByteString.Empty, false);

    private readonly IMachine machine;
    private readonly RuleSwitches rules;
    private readonly Outcomes outcomes = new();
    private readonly bool dirty;
    private readonly string name;
    private readonly int rowsPerSnapshot;
    private long decidedSequenceNr;
    private long lastEpoch;
    private long lastTimeMs;
    private bool claimed;
    private bool activated;
    private long rowsSinceSnapshot;
    private long bytesSinceSnapshot;

    /// <summary>A new activation under a grant.</summary>
    /// <param name="id">Which entity.</param>
    /// <param name="machine">Its rules.</param>
    /// <param name="epoch">Of the grant.</param>
    /// <param name="dirty">Whether its last activation in this process ended with a write in flight.</param>
    /// <param name="rules">Test-only switches.</param>
    public Entity(EntityId id, IMachine machine, long epoch, bool dirty, RuleSwitches? rules = null)
    {
        Id = id;
        this.machine = machine;
        Epoch = epoch;
        this.dirty = dirty;
        name = id.ToString();
        rowsPerSnapshot = SnapshotPace.RowsOf(id);
        this.rules = rules ?? RuleSwitches.AllOn;
    }

    /// <summary>Which entity.</summary>
    public EntityId Id { get; }

    /// <summary>Of the grant under which this activation runs.</summary>
    public long Epoch { get; }

    /// <summary>The number of the last durable row.</summary>
    public long DurableSequenceNr { get; private set; }

    /// <summary>Whether rows are decided that are not durable yet.</summary>
    public bool IsPersisting => decidedSequenceNr > DurableSequenceNr;

    /// <summary>When <see cref="Decide"/> is wanted even without a command, on the monotonic clock.</summary>
    public long? WakeAtMs => machine.WakeAtMs;

    /// <summary>True when the activation may end with nothing lost.</summary>
    public bool IsIdle => !IsPersisting && machine.IsIdle;

    /// <summary>Whether something that has been heard waits for a row to be stored with, or others are to be told that this has ended: lost with the activation, the one is learnt anew, and the others find out later.</summary>
    public bool HasUnstored => machine.HasUnstored;

    /// <summary>
    /// Whether it is time for a snapshot. All outcomes of a minute go with each, so that under load it is as large as all rows of that minute: there is none before the rows since the last one are as large.
    /// </summary>
    public bool IsSnapshotDue => rowsSinceSnapshot >= rowsPerSnapshot && (rowsSinceSnapshot >= SnapshotPace.RowsAtMost || bytesSinceSnapshot >= outcomes.Bytes);

    /// <summary>Whether there is to be a snapshot before the activation ends for want of use.</summary>
    public bool IsSnapshotDueBeforeSleep => rowsSinceSnapshot >= SnapshotPace.RowsBehindSleep;

    /// <summary>
    /// Whether the host may leave this command undecided, with all that came before it, for <see cref="CompanyMs"/>, or until something is due or comes that may not wait: as if it had been so much longer on its
    /// way. Decided now, it would only be in the queue for something, and nobody be told; and its row would be in the way of whoever is waited for.
    /// </summary>
    public bool MayWait(Command command, Moment now) => activated && machine.MayWait(command, now) && !IsAnsweredByItsId(command.RequestId, now.WallMs);

    /// <summary>How much there is of what operators count.</summary>
    public Levels Levels => machine.Levels;

    /// <summary>Recovery, first: the snapshot, if there is one.</summary>
    /// <exception cref="InvalidHistoryException">It is of a newer schema, or another kind's.</exception>
    public void RecoverSnapshot(long sequenceNr, Snapshot snapshot)
    {
        CheckSchema(snapshot.Schema, sequenceNr);
        machine.Restore(snapshot);
        outcomes.Restore(snapshot.FloorMs, snapshot.Outcomes);
        DurableSequenceNr = sequenceNr;
        lastEpoch = snapshot.Epoch;
        lastTimeMs = snapshot.TimeMs;
    }

    /// <summary>Recovery, then: every row after it, in order.</summary>
    /// <exception cref="InvalidHistoryException">A gap, a newer schema, or history that these rules can't have written.</exception>
    public void RecoverRow(long sequenceNr, Envelope row)
    {
        CheckSchema(row.Schema, sequenceNr);
        if (rules.GapCheck && sequenceNr != DurableSequenceNr + 1)
            throw new InvalidHistoryException($"{Id}: row {sequenceNr} follows {DurableSequenceNr}: rows are missing");
        if (rules.Claim && row.Epoch < lastEpoch)
            throw new InvalidHistoryException($"{Id}: row {sequenceNr} of epoch {row.Epoch} follows one of epoch {lastEpoch}");
        var stamp = new Stamp(sequenceNr, row.TimeMs);
        foreach (var @event in row.Events)
        {
            if (@event.BodyCase == Event.BodyOneofCase.None) throw new InvalidHistoryException($"{Id}: row {sequenceNr} holds an event unknown to this version");
            if (@event.BodyCase != Event.BodyOneofCase.Claimed) machine.Apply(@event, stamp);
        }
        Account(row);
        rowsSinceSnapshot++;
        DurableSequenceNr = sequenceNr;
    }

    /// <summary>Recovery, last.</summary>
    /// <param name="highestSequenceNr">The highest number that the journal has for this entity.</param>
    /// <exception cref="InvalidHistoryException">Rows are missing at the end.</exception>
    public Recovered FinishRecovery(long highestSequenceNr)
    {
        if (rules.GapCheck && highestSequenceNr != DurableSequenceNr)
            throw new InvalidHistoryException($"{Id}: the journal goes up to {highestSequenceNr}, but recovery ended at {DurableSequenceNr}: rows are missing");
        decidedSequenceNr = DurableSequenceNr = highestSequenceNr;
        if (lastEpoch > Epoch && rules.Superseded) return Recovered.Superseded;
        claimed = !rules.Claim || (lastEpoch == Epoch && !(dirty && rules.DirtyMark));
        return Recovered.Ready;
    }

    /// <summary>Decides a batch, in order. Not while <see cref="IsPersisting"/>.</summary>
    /// <param name="incoming">What has come.</param>
    /// <param name="now">When.</param>
    /// <param name="leaving">The activation is about to end: nothing is left unstored.</param>
    public Batch Decide(IReadOnlyList<Incoming> incoming, Moment now, bool leaving = false)
    {
        if (IsPersisting) throw new InvalidOperationException($"{Id}: a batch is in flight");
        var rows = new List<Envelope>();
        List<Effect> atOnce = [], afterwards = [];
        var first = DurableSequenceNr + 1;
        var shared = 0L;

        // Of a command, or of what is due; not by a delegate for each command, of which there are many.
        void Take(Call call, Command? command, Action<Turn>? due = null)
        {
            // What other entities ask for, and time, needs no row of its own where this batch has one already.
            var share = rows.Count > 0 && call.RequestId.Length == 0 && shared < RowBytesShared;
            var stamp = new Stamp(share ? decidedSequenceNr : decidedSequenceNr + 1, Math.Max(now.WallMs, lastTimeMs));
            var turn = new Turn(Id, name, machine, now, stamp, DurableSequenceNr, outcomes, rules, atOnce, afterwards, command?.Traceparent ?? "");
            if (command is not null) Dispatch(command, call, turn);
            else due!(turn);
            if (turn.Row(Epoch, call) is not { } row) return;
            var bytes = Account(row);
            if (share)
            {
                rows[^1].Events.AddRange(row.Events);
                rows[^1].Outcomes.AddRange(row.Outcomes);
                shared += bytes;
                return;
            }
            shared = bytes;
            rowsSinceSnapshot++;
            rows.Add(row);
            decidedSequenceNr++;
        }

        // The one that woke it: whoever came later may have begun after something became visible that recovery had not seen.
        var pristine = !activated && DurableSequenceNr == 0 && incoming.Count == 1 && machine.IsReadOfNothing(incoming[0].Command);
        if (!activated)
        {
            activated = true;
            Take(Nobody, null, machine.Activated);
        }
        if (machine.WakeAtMs <= now.MonoMs) Take(Nobody, null, machine.Tick);
        for (var i = 0; i < incoming.Count; i++) Take(CallOf(incoming[i]), incoming[i].Command);
        if (leaving) Take(Nobody, null, machine.Leaving);

        if (rows.Count > 0 || claimed || !rules.ClaimWithoutEvents) return new Batch(rows, first, atOnce, afterwards, StopAfterwards: false);
        if (pristine) return new Batch(rows, first, atOnce, afterwards, StopAfterwards: true);
        var claim = new Envelope { Schema = Schema, Epoch = Epoch, TimeMs = Math.Max(now.WallMs, lastTimeMs), Events = { new Event { Claimed = new Claimed() } } };
        Account(claim);
        rowsSinceSnapshot++;
        decidedSequenceNr++;
        return new Batch([claim], first, atOnce, afterwards, StopAfterwards: false);
    }

    /// <summary>The rows of the last batch are durable.</summary>
    public void Persisted()
    {
        DurableSequenceNr = decidedSequenceNr;
        claimed = true;
    }

    /// <summary>The state as of <see cref="DurableSequenceNr"/>. Not while <see cref="IsPersisting"/>.</summary>
    public Snapshot TakeSnapshot()
    {
        if (IsPersisting) throw new InvalidOperationException($"{Id}: a batch is in flight");
        (rowsSinceSnapshot, bytesSinceSnapshot) = (0, 0);
        var snapshot = new Snapshot { Schema = Schema, Epoch = lastEpoch, TimeMs = lastTimeMs, FloorMs = outcomes.FloorMs };
        snapshot.Outcomes.AddRange(outcomes.All);
        machine.Save(snapshot);
        return snapshot;
    }

    private void Dispatch(Command command, Call call, Turn turn)
    {
        if (call.RequestId.Length > 0 && rules.RememberOutcomes && !machine.Knows(call.RequestId))
        {
            if (outcomes.Find(call.RequestId) is { } outcome)
            {
                var cancelled = outcome.PayloadHash.IsEmpty;
                if (!cancelled && !outcome.PayloadHash.Equals(call.PayloadHash))
                    turn.AnswerForNow(call, Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload"));
                // That a later attempt has heard of a grant is remembered: a cancel of the earlier ones must not take it back then.
                else if (command.BodyCase is Command.BodyOneofCase.AcquireLock or Command.BodyOneofCase.AcquireAllLocks && !cancelled && call.Attempt > outcome.Attempt) turn.Answer(call, outcome.Reply);
                else if (!cancelled || call.Attempt <= outcome.Attempt) turn.AnswerForNow(call, outcome.Reply);
                else machine.Handle(command, call, turn);
                return;
            }
            if (RequestIdTime.IssuedAtMs(call.RequestId) is { } issued)
            {
                if (IsForgotten(issued))
                {
                    turn.AnswerForNow(call, Replies.Failure(ErrorCode.OutcomeUnknown,
                        $"requestId was issued more than {Limits.OutcomeSeconds} s ago; whether it was done is not known any more"));
                    return;
                }
                if (IsAhead(issued, turn.At.WallMs))
                {
                    // As every refusal, it stands for later attempts too: an earlier one could come when the clock has caught up.
                    turn.Answer(call, Replies.Failure(ErrorCode.InvalidArgument,
                        $"requestId carries an issue time {(issued - turn.At.WallMs) / 1000} s ahead of this node's clock; the limit is {Limits.ClockAheadSeconds} s"));
                    return;
                }
            }
        }
        machine.Handle(command, call, turn);
    }

    private bool IsForgotten(long issuedMs) => issuedMs < outcomes.FloorMs && rules.OutcomeFloor;

    private static bool IsAhead(long issuedMs, long wallMs) => issuedMs > wallMs + (Limits.ClockAheadSeconds * 1000L);

    private bool IsAnsweredByItsId(string requestId, long wallMs) =>
        outcomes.Find(requestId) is not null || (RequestIdTime.IssuedAtMs(requestId) is { } issued && (IsForgotten(issued) || IsAhead(issued, wallMs)));

    private static Call CallOf(Incoming incoming)
    {
        var command = incoming.Command;
        var mutation = CommandKinds.IsMutation(command);
        var requestId = CommandKinds.HasRememberedOutcome(command) ? command.RequestId : "";
        return new Call(incoming.CallId, requestId, Math.Max(1, command.Attempt), requestId.Length == 0 ? ByteString.Empty : PayloadHash.Of(command), mutation, AskerOf(command));
    }

    private static Asker? AskerOf(Command command) => command.Sender.Length == 0 ? null : command.BodyCase switch
    {
        Command.BodyOneofCase.AcquireLock => new Asker(EntityId.Parse(command.Sender), command.RequestId),
        Command.BodyOneofCase.CancelLock => new Asker(EntityId.Parse(command.Sender), command.CancelLock.RequestId),
        _ => null,
    };

    /// <returns>Its size.</returns>
    private int Account(Envelope row)
    {
        var bytes = row.CalculateSize();
        bytesSinceSnapshot += bytes;
        for (var i = 0; i < row.Outcomes.Count; i++) outcomes.Add(row.Outcomes[i]);
        lastEpoch = row.Epoch;
        lastTimeMs = Math.Max(lastTimeMs, row.TimeMs);
        outcomes.Advance(lastTimeMs);
        return bytes;
    }

    private void CheckSchema(uint schema, long sequenceNr)
    {
        if (schema is 0 or > Schema) throw new InvalidHistoryException($"{Id}: row {sequenceNr} has schema {schema}; this version reads 1 to {Schema}");
    }
}
