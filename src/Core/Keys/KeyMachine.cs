using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Keys;

/// <summary>
/// One key: linearizable get, put, delete, compare on revision; and a participant in transactions. Reads and writes of a key
/// with an intent that they conflict with wait for its outcome. A key whose time is over is ended before anything else is done with it: nobody hears
/// that it is gone before that is stored. No timer does so, for a key in memory either: the sweeper calls (<see cref="ExpireKey"/>) whether it is in memory or
/// not, and one way is enough, since nobody can see that it is late but by a watch.
/// </summary>
internal sealed class KeyMachine : IMachine, IParticipantHost
{
    private sealed record Waiting(Command Command, Call Call, long UntilMs);

    private static readonly KeyWritten Absent = new();

    private readonly string name;
    private readonly RuleSwitches rules;
    private readonly Participant participant;
    private readonly LinkedList<Waiting> waiting = new();
    private KeyWritten current = Absent;

    /// <summary>Its time is over, and its end waits for the intents on it, as every write does: reads then wait for it, and no new intent is taken.</summary>
    private bool endWaits;

    public KeyMachine(string name, RuleSwitches rules)
    {
        this.name = name;
        this.rules = rules;
        participant = new Participant(this, rules);
    }

    public long? WakeAtMs
    {
        get
        {
            var wake = participant.WakeAtMs ?? long.MaxValue;
            foreach (var one in waiting) wake = Math.Min(wake, one.UntilMs);
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool IsIdle => waiting.Count == 0 && participant.IsIdle;

    public bool Knows(string requestId) => false;

    // What never was can't expire either: that needs no claim, and nobody waits for an answer.
    public bool IsReadOfNothing(Command command) => command.BodyCase is Command.BodyOneofCase.GetKey or Command.BodyOneofCase.ExpireKey;

    public void Activated(Turn turn) => participant.Activated(turn);

    public void Tick(Turn turn)
    {
        participant.Tick(turn);
        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.UntilMs <= turn.At.MonoMs)
            {
                waiting.Remove(node);
                turn.Answer(node.Value.Call, Replies.Failure(ErrorCode.Unavailable, $"key '{name}' is held by a transaction that is not decided yet"));
            }
            node = next;
        }
    }

    public bool HasUnstored => participant.HasUnstored;

    public void Leaving(Turn turn) => participant.Land(turn);

    public void Handle(Command command, Call call, Turn turn)
    {
        if (!MayLeaveDue(command, turn)) participant.Land(turn);
        EndIfDue(turn, swept: command.BodyCase == Command.BodyOneofCase.ExpireKey);
        if (participant.Handle(command, turn)) return;
        if (!TryRun(command, call, turn)) Enqueue(command, call, turn);
    }

    /// <summary>Whether what is committed may go on waiting for a row to go with. A read sees it without; a time to live begins with that row, so it is not known before.</summary>
    private bool MayLeaveDue(Command command, Turn turn) => command.BodyCase switch
    {
        Command.BodyOneofCase.Commit or Command.BodyOneofCase.AskStatus or Command.BodyOneofCase.Abort or Command.BodyOneofCase.DropAttempt => participant.MayLeaveDue(command),
        Command.BodyOneofCase.GetKey => !KeyExpiry.IsDue(current, turn.At.WallMs) && participant.Decided("") is not { Write.ExpiresAtMs: > 0 },
        _ => false,
    };

    private void EndIfDue(Turn turn, bool swept = false)
    {
        endWaits = KeyExpiry.IsDue(current, turn.At.WallMs);
        if (endWaits && (rules.ExpiryPersisted || swept) && !participant.BlocksWrite("")) End(turn);
    }

    private void End(Turn turn) => turn.Emit(new Event { KeyWritten = KeyExpiry.End(current) });

    private bool TryRun(Command command, Call call, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.GetKey:
                var committed = rules.CommittedIsRead ? participant.Decided("")?.Write : null;
                if (participant.BlocksRead("") || (committed is null && endWaits && rules.ExpiryPersisted)) return false;
                turn.Answer(call, Value(committed ?? Seen));
                return true;
            case Command.BodyOneofCase.PutKey:
                if (participant.BlocksWrite("")) return false;
                var put = command.PutKey;
                if (Mismatch(put.HasIfRevision ? put.IfRevision : null) is { } putRefusal) turn.Answer(call, putRefusal);
                // Whether the session lives is not for the key to say: only a transaction with that condition may bind it. (A node of an earlier version passes the field on.)
                else if (put.SessionId.Length > 0) turn.Answer(call, Replies.Failure(ErrorCode.InvalidArgument, "sessionId: the node that took this call is too old for it"));
                else
                {
                    turn.Emit(new Event { KeyWritten = KeyExpiry.Put(Revisions.Next(current), put.Value, put.TtlSeconds, "", turn.Stamp.TimeMs) });
                    turn.Answer(call, new Reply { PutKey = new PutKeyResponse { Key = name, Revision = current.Revision } });
                }
                return true;
            case Command.BodyOneofCase.DeleteKey:
                if (participant.BlocksWrite("")) return false;
                var delete = command.DeleteKey;
                if (Mismatch(delete.HasIfRevision ? delete.IfRevision : null) is { } deleteRefusal) turn.Answer(call, deleteRefusal);
                else
                {
                    var deleted = IsThere;
                    if (deleted) turn.Emit(new Event { KeyWritten = new KeyWritten { Revision = Revisions.Next(current) } });
                    turn.Answer(call, new Reply { DeleteKey = new DeleteKeyResponse { Key = name, Revision = current.Revision, Deleted = deleted } });
                }
                return true;
            case Command.BodyOneofCase.ExpireKey:
                // Late, or twice, it must not end what has been put since: only what is bound to that session still. By its time to live, it has been ended before this.
                var ended = command.ExpireKey.SessionId;
                if (ended.Length == 0 || !current.Present || current.SessionId != ended) return true;
                if (participant.BlocksWrite("")) return false;
                End(turn);
                return true;
            case Command.BodyOneofCase.RestoreKey:
                turn.Answer(call, Revisions.Restore(name, current, participant.IsIdle, command.RestoreKey, rules, turn));
                return true;
            default:
                throw new ArgumentException($"a key takes no {command.BodyCase}", nameof(command));
        }
    }

    /// <summary>Whether there is something to be seen. (Without the rule, what is due is taken for gone before that is stored.)</summary>
    private bool IsThere => current.Present && (rules.ExpiryPersisted || !endWaits);

    private Reply Value(KeyWritten seen)
    {
        if (seen.Present) return new Reply { KeyValue = new KeyValue { Key = name, Value = seen.Value, Revision = seen.Revision } };
        var reply = Replies.Failure(ErrorCode.NotFound, $"there is no key '{name}'");
        reply.LastRevision = seen.Revision;
        return reply;
    }

    private KeyWritten Seen => IsThere ? current : new KeyWritten { Revision = current.Revision, RevisionFloor = current.RevisionFloor };

    private long SeenRevision => IsThere ? current.Revision : 0;

    private Reply? Mismatch(long? ifRevision)
    {
        var revision = SeenRevision;
        if (ifRevision is null || ifRevision == revision) return null;
        return Replies.Failure(ErrorCode.RevisionMismatch, $"key '{name}' is at revision {revision}, not {ifRevision}",
            Replies.Details(("revision", revision.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    private void Enqueue(Command command, Call call, Turn turn)
    {
        if (call.RequestId.Length > 0 && waiting.FirstOrDefault(w => w.Call.RequestId == call.RequestId) is { } same) Repeat(same, command, call, turn);
        else if (command.BodyCase == Command.BodyOneofCase.ExpireKey && waiting.Any(w => w.Command.ExpireKey?.SessionId == command.ExpireKey.SessionId)) return;
        else if (waiting.Count >= Limits.WaitingPerEntity)
            turn.Answer(call, Replies.Failure(ErrorCode.LimitExceeded, $"{Limits.WaitingPerEntity} requests wait at key '{name}' already"));
        else
        {
            turn.Count(Counted.CallWaits);
            waiting.AddLast(new Waiting(command, call, UntilMs(command, turn)));
        }
    }

    /// <summary>One request waits once: were each attempt to wait by itself, each would be done when the intents go, since none has an outcome yet.</summary>
    private void Repeat(Waiting same, Command command, Call call, Turn turn)
    {
        if (!same.Call.PayloadHash.Equals(call.PayloadHash))
            turn.AnswerForNow(call, Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload"));
        else
        {
            var (later, earlier) = call.Attempt >= same.Call.Attempt ? (call, same.Call) : (same.Call, call);
            turn.AnswerForNow(earlier, Replies.Failure(ErrorCode.OutcomeUnknown, "the same request was sent again and waits in this one's place"));
            if (later == call) waiting.Find(same)!.Value = new Waiting(command, call, UntilMs(command, turn));
        }
    }

    private static long UntilMs(Command command, Turn turn) => turn.At.MonoMs + (command.TimeoutMs == 0 ? 5000 : command.TimeoutMs);

    public void IntentsFreed(Turn turn)
    {
        EndIfDue(turn);
        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            if (TryRun(node.Value.Command, node.Value.Call, turn)) waiting.Remove(node);
            node = next;
        }
    }

    public IReadOnlyList<Intent> IntentsOf(Prepare prepare)
    {
        var writes = prepare.Then.Concat(prepare.Else).Any(o => o.Operation.KindCase != Operation.KindOneofCase.Get);
        var reads = prepare.Then.Count + prepare.Else.Count > 0;
        return writes || (reads && rules.SharedIntents) || (prepare.Conditions.Count > 0 && rules.ConditionIntents) ? [new Intent { Exclusive = writes }] : [];
    }

    public bool Holds(Condition condition) => KeyOperations.Holds(Seen, condition);

    public PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp) =>
        KeyOperations.Evaluate(name, Seen, operations, stamp.TimeMs);

    // A write that waits must not wait for ever: no new shared intent before it.
    public bool IsClosing(string resource) => waiting.Count > 0 || (endWaits && rules.ExpiryPersisted);

    public void Write(KeyWritten write)
    {
        if (write.Revision != Revisions.Next(current)) throw new InvalidHistoryException($"key '{name}': revision {write.Revision} follows {current.Revision}");
        current = write;
        endWaits = false;
    }

    public void Apply(Event @event, Stamp stamp)
    {
        if (participant.Apply(@event, stamp)) return;
        if (@event.BodyCase == Event.BodyOneofCase.KeyRestored)
        {
            if (!Revisions.IsFresh(current)) throw new InvalidHistoryException($"key '{name}' was restored over revision {current.Revision}");
            current = @event.KeyRestored.Value;
            return;
        }
        if (@event.BodyCase != Event.BodyOneofCase.KeyWritten) throw new InvalidHistoryException($"a key has no {@event.BodyCase}");
        KeyExpiry.Check(name, current, @event.KeyWritten, stamp);
        Write(@event.KeyWritten);
    }

    public void Restore(Snapshot snapshot)
    {
        if (snapshot.StateCase != Snapshot.StateOneofCase.Key) throw new InvalidHistoryException($"a key has no snapshot of {snapshot.StateCase}");
        current = snapshot.Key.Value;
        participant.Restore(snapshot.Key.Participant);
    }

    public void Save(Snapshot snapshot) => snapshot.Key = new KeySnapshot { Value = current, Participant = participant.Save() };
}
