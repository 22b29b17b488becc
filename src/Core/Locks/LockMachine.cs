using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// One lock: exclusive, granted in the order of asking to sessions that are alive, each grant with the next fence. It is a participant in
/// transactions by its fence (the guard): while such an intent is held, nothing is released; once a release waits, no new intent is taken.
/// </summary>
internal sealed class LockMachine : IMachine, IParticipantHost
{
    /// <summary>How long a waiter keeps its place without an open call.</summary>
    private const long NoCallMs = 5000;

    /// <summary>How long one further back keeps it: else those who gave up would fill the queue for as long as the lock is held.</summary>
    private const long NoCallInQueueMs = Limits.OutcomeSeconds * 1000L;

    private sealed record OpenCall(Call Call, long UntilMs);

    private sealed record ClosedCall(long AtMs, uint Attempt);

    private sealed record Admission(Call Call, AcquireLockRequest Request, long UntilMs);

    /// <summary>A holder that is to go, once no intent rests on it.</summary>
    private sealed record Closing(long Fence, string Reason, Action<Turn> Then);

    private readonly string name;
    private readonly RuleSwitches rules;
    private readonly Participant participant;
    private readonly LockBook book;
    private readonly SessionLiveness liveness = new();
    private readonly Dictionary<string, OpenCall> calls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClosedCall> closedCalls = new(StringComparer.Ordinal);
    private readonly List<Admission> admissions = [];
    private readonly List<Closing> closings = [];

    public LockMachine(string name, RuleSwitches rules)
    {
        this.name = name;
        this.rules = rules;
        participant = new Participant(this, rules);
        book = new LockBook(name);
    }

    public long? WakeAtMs
    {
        get
        {
            var wake = Math.Min(participant.WakeAtMs ?? long.MaxValue, liveness.WakeAtMs ?? long.MaxValue);
            foreach (var call in calls.Values) wake = Math.Min(wake, call.UntilMs);
            foreach (var one in admissions) wake = Math.Min(wake, one.UntilMs);
            foreach (var closed in closedCalls.Values) wake = Math.Min(wake, closed.AtMs + NoCallInQueueMs);
            if (book.Holders.Count == 0 && book.Queue.Count > 0 && closedCalls.TryGetValue(book.Queue[0].RequestId, out var head))
                wake = Math.Min(wake, head.AtMs + NoCallMs);
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool IsIdle => book.Holders.Count == 0 && book.Queue.Count == 0 && admissions.Count == 0 && participant.IsIdle;

    public bool Knows(string requestId) => book.Waiting(requestId) is not null;

    public bool IsReadOfNothing(Command command) => command.BodyCase == Command.BodyOneofCase.GetLock;

    public Levels Levels => new(Holders: book.Holders.Count, Waiters: book.Queue.Count);

    public void Activated(Turn turn)
    {
        participant.Activated(turn);
        foreach (var waiter in book.Queue) closedCalls[waiter.RequestId] = new ClosedCall(turn.At.MonoMs, 0);
        foreach (var sessionId in book.Sessions) liveness.Ask(sessionId, turn);
    }

    public void Tick(Turn turn)
    {
        participant.Tick(turn);
        liveness.AskDue(turn);
        foreach (var one in admissions.Where(a => a.UntilMs <= turn.At.MonoMs).ToArray())
        {
            admissions.Remove(one);
            turn.Answer(one.Call, Replies.Failure(ErrorCode.Unavailable, $"whether session '{one.Request.SessionId}' is alive could not be learnt in time"));
        }
        foreach (var (requestId, open) in calls.Where(c => c.Value.UntilMs <= turn.At.MonoMs).ToArray())
        {
            calls.Remove(requestId);
            closedCalls[requestId] = new ClosedCall(turn.At.MonoMs, open.Call.Attempt);
            // The place is kept for a while: the same request may go on waiting.
            turn.AnswerForNow(open.Call, LockReplies.Held(name, book, requestId, "was not free in time", turn.At.WallMs));
        }
        foreach (var waiter in book.Queue.Where(w => closedCalls.TryGetValue(w.RequestId, out var closed) && closed.AtMs + NoCallInQueueMs <= turn.At.MonoMs).ToArray())
            Leave(waiter, "no-call", turn);
        GrantNext(turn);
        ForgetOthers(turn);
    }

    public void Handle(Command command, Call call, Turn turn)
    {
        if (!participant.Handle(command, turn))
        {
            switch (command.BodyCase)
            {
                case Command.BodyOneofCase.AcquireLock: Acquire(command, call, turn); break;
                case Command.BodyOneofCase.ReleaseLock: Release(command.ReleaseLock, call, turn); break;
                case Command.BodyOneofCase.CancelLock: Cancel(command.CancelLock, call, turn); break;
                case Command.BodyOneofCase.GetLock: turn.Answer(call, LockReplies.State(name, book, turn.At.WallMs)); break;
                case Command.BodyOneofCase.Liveness: OnLiveness(command.Liveness, turn); break;
                case Command.BodyOneofCase.SessionGone:
                    EndSession(command.SessionGone.SessionId, turn);
                    if (!book.HasAnyOf(command.SessionGone.SessionId))
                        turn.Send(EntityId.Parse(command.Sender), new Command { SessionGoneSeen = new SessionGoneSeen { SessionId = command.SessionGone.SessionId } });
                    break;
                default: throw new ArgumentException($"a lock takes no {command.BodyCase}", nameof(command));
            }
        }
        ForgetOthers(turn);
    }

    private void Acquire(Command command, Call call, Turn turn)
    {
        var request = command.AcquireLock;
        // Without an id of its own, a waiter could not be told from another: the node that took the call has made one.
        if (call.RequestId.Length == 0) throw new ArgumentException("an acquire has a request id", nameof(command));
        var untilMs = turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000);
        if (book.Waiting(call.RequestId) is { } waiter)
        {
            if (!waiter.PayloadHash.Equals(call.PayloadHash))
                turn.AnswerForNow(call, Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload"));
            else Rejoin(call, untilMs, turn);
            return;
        }
        var holderId = request.HolderId.Length == 0 ? call.RequestId : request.HolderId;
        if (book.Held(request.SessionId, holderId) is { } held)
        {
            turn.Answer(call, LockReplies.Granted(name, held));
            return;
        }
        var admission = new Admission(call, request, turn.At.MonoMs + Math.Max(1000, command.TimeoutMs == 0 ? 5000 : Math.Min(5000, command.TimeoutMs)));
        if (liveness.IsAlive(request.SessionId, turn.At.MonoMs)) Admit(admission, turn);
        else if (admissions.Find(a => a.Call.RequestId == call.RequestId) is { } earlier) Repeat(earlier, admission, turn);
        else
        {
            admissions.Add(admission);
            liveness.Ask(request.SessionId, turn);
        }
    }

    private void Repeat(Admission earlier, Admission admission, Turn turn)
    {
        if (!earlier.Call.PayloadHash.Equals(admission.Call.PayloadHash))
        {
            turn.AnswerForNow(admission.Call, Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload"));
            return;
        }
        if (IsLate(admission.Call, earlier.Call, turn)) return;
        admissions.Remove(earlier);
        admissions.Add(admission);
        liveness.Ask(admission.Request.SessionId, turn);
    }

    /// <summary>Of two calls of one request the later attempt goes on; the other is told that it does not count any more.</summary>
    private static bool IsLate(Call call, Call earlier, Turn turn)
    {
        var late = call.Attempt < earlier.Attempt;
        turn.AnswerForNow(late ? call : earlier, Replies.Failure(ErrorCode.OutcomeUnknown, "the same request was sent again and waits in this one's place"));
        return late;
    }

    private void Rejoin(Call call, long untilMs, Turn turn)
    {
        if (calls.TryGetValue(call.RequestId, out var earlier) && IsLate(call, earlier.Call, turn)) return;
        if (closedCalls.TryGetValue(call.RequestId, out var closed) && call.Attempt < closed.Attempt)
        {
            // The client has had its answer to a later one, and nobody would hear a grant.
            turn.AnswerForNow(call, Replies.Failure(ErrorCode.OutcomeUnknown, "a later attempt of the same request was answered already"));
            return;
        }
        calls[call.RequestId] = new OpenCall(call, untilMs);
        closedCalls.Remove(call.RequestId);
        GrantNext(turn);
    }

    private void Admit(Admission admission, Turn turn)
    {
        var (call, request, _) = admission;
        var holderId = request.HolderId.Length == 0 ? call.RequestId : request.HolderId;
        if (book.Held(request.SessionId, holderId) is { } held)
        {
            turn.Answer(call, LockReplies.Granted(name, held));
            return;
        }
        if (book.Holders.Count == 0 && book.Queue.Count > 0) GrantNext(turn);
        if (book.Holders.Count == 0 && book.Queue.Count == 0)
        {
            Grant(request.SessionId, holderId, call.RequestId, request.Mode, request.Label, turn);
            turn.Answer(call, LockReplies.Granted(name, book.Holders[0]));
        }
        else if (request.WaitSeconds <= 0)
            turn.Answer(call, LockReplies.Held(name, book, call.RequestId, "is held", turn.At.WallMs));
        else if (book.Queue.Count >= Limits.WaitersPerLock)
            turn.Answer(call, Replies.Failure(ErrorCode.LimitExceeded, $"{Limits.WaitersPerLock} wait for lock '{name}' already, which is the limit"));
        else
        {
            turn.Emit(new Event
            {
                LockEnqueued = new LockEnqueued
                {
                    SessionId = request.SessionId, HolderId = holderId, RequestId = call.RequestId, Mode = request.Mode, Label = request.Label, PayloadHash = call.PayloadHash,
                },
            });
            calls[call.RequestId] = new OpenCall(call, turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000));
        }
    }

    private void Grant(string sessionId, string holderId, string requestId, LockMode mode, string label, Turn turn) => turn.Emit(new Event
    {
        LockGranted = new LockGranted
        {
            SessionId = sessionId, HolderId = holderId, RequestId = requestId, Mode = mode, Label = label,
            Fence = rules.FenceGrowth ? book.LastFence + 1 : Math.Max(1, book.LastFence),
        },
    });

    /// <summary>The head of the queue gets the lock when it is free, the head's call is open and its session is alive.</summary>
    private void GrantNext(Turn turn)
    {
        while (book.Holders.Count == 0 && book.Queue.Count > 0)
        {
            var head = book.Queue[0];
            if (!calls.TryGetValue(head.RequestId, out var open))
            {
                if (closedCalls.TryGetValue(head.RequestId, out var closed) && closed.AtMs + NoCallMs > turn.At.MonoMs) return;
                Leave(head, "no-call", turn);
                continue;
            }
            if (!liveness.IsAlive(head.SessionId, turn.At.MonoMs))
            {
                liveness.Ask(head.SessionId, turn);
                return;
            }
            Grant(head.SessionId, head.HolderId, head.RequestId, head.Mode, head.Label, turn);
            calls.Remove(head.RequestId);
            closedCalls.Remove(head.RequestId);
            turn.Answer(open.Call, LockReplies.Granted(name, book.Holders[0]));
            foreach (var same in book.Queue.Where(w => w.SessionId == head.SessionId && w.HolderId == head.HolderId).ToArray())
            {
                if (calls.TryGetValue(same.RequestId, out var call)) turn.Answer(call.Call, LockReplies.Granted(name, book.Holders[0]));
                Leave(same, "re-entry", turn);
            }
        }
    }

    private void Release(ReleaseLockRequest request, Call call, Turn turn)
    {
        var holder = book.Holders.FirstOrDefault(h => h.Fence == request.Fence && h.SessionId == request.SessionId);
        if (holder is null) turn.Answer(call, LockReplies.Stale(name, request.Fence, book));
        else
            Close(new Closing(holder.Fence, "released", t =>
                t.Answer(call, new Reply { ReleaseLock = new ReleaseLockResponse { Name = name, Fence = holder.Fence } })), turn);
    }

    /// <summary>Ends a holding now, or when the intents on it are gone. Whoever comes second to a closing that waits gets his answer with it.</summary>
    private void Close(Closing closing, Turn turn)
    {
        closings.Add(closing);
        FinishClosings(turn);
    }

    private void FinishClosings(Turn turn)
    {
        if (closings.Count == 0 || participant.BlocksWrite("")) return;
        foreach (var closing in closings.ToArray())
        {
            if (book.Holders.Any(h => h.Fence == closing.Fence))
                turn.Emit(new Event { LockReleased = new LockReleased { Fence = closing.Fence, Reason = closing.Reason } });
            closing.Then(turn);
        }
        closings.Clear();
        GrantNext(turn);
        participant.Pump(turn);
    }

    /// <summary>Takes an acquire back: all its attempts, or only those up to one, when their caller has gone and a later one may have come since.</summary>
    private void Cancel(CancelLockRequest request, Call call, Turn turn)
    {
        var all = request.OnlyAttemptsTo == 0;
        var cancelled = LockReplies.Held(name, book, request.RequestId, "was asked for by a request that is cancelled", turn.At.WallMs);
        void Finish(Turn t, bool tookBack)
        {
            t.Settle(request.RequestId, cancelled, all ? uint.MaxValue : request.OnlyAttemptsTo);
            Answer(t, tookBack);
        }
        void Answer(Turn t, bool tookBack) => t.Answer(call, new Reply { CancelLock = new CancelLockResponse { Name = name, Cancelled = tookBack } });
        bool Covers(uint? attempt) => all || attempt <= request.OnlyAttemptsTo;

        if (admissions.Find(a => a.Call.RequestId == request.RequestId && a.Request.SessionId == request.SessionId) is { } admission)
        {
            if (!Covers(admission.Call.Attempt))
            {
                Answer(turn, tookBack: false);
                return;
            }
            admissions.Remove(admission);
            turn.AnswerForNow(admission.Call, cancelled);
            Finish(turn, tookBack: true);
        }
        else if (book.Waiting(request.RequestId) is { } waiter && waiter.SessionId == request.SessionId)
        {
            var open = calls.GetValueOrDefault(waiter.RequestId);
            // After a failover the attempt is not known (0), and the place is left to whoever comes for it in time.
            if (!Covers(open?.Call.Attempt ?? (closedCalls.TryGetValue(waiter.RequestId, out var closed) && closed.Attempt > 0 ? closed.Attempt : null)))
            {
                Answer(turn, tookBack: false);
                return;
            }
            if (open is not null) turn.AnswerForNow(open.Call, cancelled);
            Leave(waiter, "cancelled", turn);
            Finish(turn, tookBack: true);
            GrantNext(turn);
        }
        else if (book.Holders.FirstOrDefault(h => h.RequestId == request.RequestId && h.SessionId == request.SessionId) is { } holder)
        {
            if (Covers(turn.LastAttemptAnswered(request.RequestId))) Close(new Closing(holder.Fence, "cancelled", t => Finish(t, tookBack: true)), turn);
            else Answer(turn, tookBack: false);
        }
        else if (Covers(turn.LastAttemptAnswered(request.RequestId) ?? 0)) Finish(turn, tookBack: false);
        else Answer(turn, tookBack: false);
    }

    private void OnLiveness(Liveness said, Turn turn)
    {
        if (!said.Alive)
        {
            EndSession(said.SessionId, turn);
            return;
        }
        if (liveness.IsLate(said)) return;
        liveness.Alive(said.SessionId, said.RemainingMs, turn.At.MonoMs);
        foreach (var one in admissions.Where(a => a.Request.SessionId == said.SessionId).ToArray())
        {
            if (!said.Full && !liveness.IsAlive(said.SessionId, turn.At.MonoMs))
            {
                liveness.Ask(said.SessionId, turn);
                break;
            }
            admissions.Remove(one);
            if (said.Full)
                turn.Answer(one.Call, Replies.Failure(ErrorCode.LimitExceeded, $"session '{said.SessionId}' has {Limits.LocksPerSession} locks already, which is the limit"));
            else Admit(one, turn);
        }
        GrantNext(turn);
    }

    private void EndSession(string sessionId, Turn turn)
    {
        foreach (var one in admissions.Where(a => a.Request.SessionId == sessionId).ToArray())
        {
            admissions.Remove(one);
            turn.Answer(one.Call, LockReplies.SessionGone(sessionId));
        }
        foreach (var waiter in book.Queue.Where(w => w.SessionId == sessionId).ToArray())
        {
            if (calls.TryGetValue(waiter.RequestId, out var open)) turn.Answer(open.Call, LockReplies.SessionGone(sessionId));
            Leave(waiter, "session-ended", turn);
        }
        foreach (var holder in book.Holders.Where(h => h.SessionId == sessionId).ToArray())
            if (!closings.Exists(c => c.Fence == holder.Fence && c.Reason == "session-ended")) Close(new Closing(holder.Fence, "session-ended", _ => { }), turn);
        GrantNext(turn);
    }

    private void Leave(Waiter waiter, string reason, Turn turn)
    {
        turn.Emit(new Event { LockWaiterLeft = new LockWaiterLeft { RequestId = waiter.RequestId, Reason = reason } });
        calls.Remove(waiter.RequestId);
        closedCalls.Remove(waiter.RequestId);
    }

    /// <summary>Sessions that have nothing here any more are told so, and not asked again.</summary>
    private void ForgetOthers(Turn turn)
    {
        foreach (var sessionId in liveness.Sessions.ToArray())
        {
            if (book.HasAnyOf(sessionId) || admissions.Exists(a => a.Request.SessionId == sessionId)) continue;
            liveness.Forget(sessionId);
            if (SessionId.TryParse(sessionId, out var id)) turn.Send(id.Entity, new Command { Detach = new Detach { SessionId = sessionId } });
        }
    }

    public IReadOnlyList<Intent> IntentsOf(Prepare prepare) => rules.ConditionIntents ? [new Intent()] : [];

    public bool Holds(Condition condition) => !rules.Guard || book.Holders.Any(h => h.Fence == condition.Fence);

    public PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp) => new() { Result = new BranchResult() };

    public bool IsClosing(string resource) => closings.Count > 0;

    public void Write(KeyWritten write) => throw new InvalidHistoryException("a lock has no value");

    public void IntentsFreed(Turn turn) => FinishClosings(turn);

    public void Apply(Event @event, Stamp stamp)
    {
        if (!participant.Apply(@event, stamp)) book.Apply(@event, stamp, rules.FenceGrowth);
    }

    public void Restore(Snapshot snapshot)
    {
        if (snapshot.StateCase != Snapshot.StateOneofCase.Lock) throw new InvalidHistoryException($"a lock has no snapshot of {snapshot.StateCase}");
        book.Restore(snapshot.Lock);
        participant.Restore(snapshot.Lock.Participant);
    }

    public void Save(Snapshot snapshot)
    {
        snapshot.Lock = book.Save();
        snapshot.Lock.Participant = participant.Save();
    }
}
