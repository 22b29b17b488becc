using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// One lock: exclusive, shared and upgradeable, or a semaphore; granted in the order of asking to sessions that are alive, each grant with the next fence. It is a participant in
/// transactions by its fences (the guard): while such an intent is held, nothing is released or upgraded; once a release waits, no new intent is taken.
/// </summary>
internal sealed class LockMachine : IMachine, IParticipantHost
{
    /// <summary>Who waits as long does not notice a few milliseconds.</summary>
    private const double LongWaitSeconds = 0.5;

    private readonly string name;
    private readonly RuleSwitches rules;
    private readonly Participant participant;
    private readonly LockBook book;
    private readonly SessionLiveness liveness;
    private readonly WaitingCalls calls = new();
    private readonly Upgrades upgrades;
    private readonly LockQueue queue;
    private readonly Admissions admissions;
    private readonly Losses losses;
    private readonly Closings closings;
    private readonly Cancelling cancelling;
    private readonly DeadlockWatch deadlocks;

    public LockMachine(string name, RuleSwitches rules)
    {
        this.name = name;
        this.rules = rules;
        participant = new Participant(this, rules);
        book = new LockBook(name, rules);
        liveness = new SessionLiveness(rules);
        upgrades = new Upgrades(name, rules, book, calls, liveness, participant);
        queue = new LockQueue(name, rules, book, calls, liveness, upgrades);
        admissions = new Admissions(liveness, queue);
        losses = new Losses(book);
        closings = new Closings(book, rules, participant, queue, upgrades, losses);
        cancelling = new Cancelling(name, rules, book, calls, admissions, queue, upgrades, closings);
        deadlocks = new DeadlockWatch(name, rules, new LockWaits(book, calls, closings), GiveWay);
    }

    public long? WakeAtMs
    {
        get
        {
            var wake = Math.Min(participant.WakeAtMs ?? long.MaxValue, liveness.WakeAtMs ?? long.MaxValue);
            foreach (var at in (ReadOnlySpan<long>)[calls.WakeAtMs, admissions.WakeAtMs, queue.WakeAtMs, upgrades.WakeAtMs, losses.WakeAtMs, deadlocks.WakeAtMs]) wake = Math.Min(wake, at);
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool IsIdle => book.IsFree && book.Losses.Count == 0 && admissions.IsEmpty && participant.IsIdle;

    public bool Knows(string requestId) => book.Waiting(requestId) is not null || book.Upgrade?.RequestId == requestId;

    public bool IsReadOfNothing(Command command) => command.BodyCase == Command.BodyOneofCase.GetLock;

    /// <summary>One who would go to the end of the queue: whoever is to release the lock for those before it most likely comes in a moment.</summary>
    public bool MayWait(Command command, Moment now) =>
        command is { AcquireLock: { WaitSeconds: >= LongWaitSeconds } request, Attempt: <= 1 } && liveness.IsAlive(request.SessionId, now.MonoMs)
        && admissions.Find(command.RequestId, request.SessionId) is null && queue.WouldEnqueue(request, command.RequestId);

    public Levels Levels => new(Holders: book.Holders.Count, Waiters: book.Queue.Count);

    public void Activated(Turn turn)
    {
        participant.Activated(turn);
        foreach (var waiter in book.Queue) calls.Recovered(waiter.RequestId, turn.At.MonoMs);
        if (book.Upgrade is { } upgrade) calls.Recovered(upgrade.RequestId, turn.At.MonoMs);
        foreach (var sessionId in book.Sessions) liveness.Ask(sessionId, turn);
        if (rules.LivenessAtGuard) admissions.Recovered(book.Sessions);
        deadlocks.Activated(turn);
    }

    public void Tick(Turn turn)
    {
        participant.Tick(turn);
        liveness.AskDue(turn);
        losses.TellDue(turn);
        admissions.GiveUpDue(turn);
        // The place is kept for a while: the same request may go on waiting.
        foreach (var call in calls.CloseDue(turn.At.MonoMs))
            if (!upgrades.EndTry(call, turn)) turn.AnswerForNow(call, LockReplies.Held(name, book, call.RequestId, "was not free in time", turn.At.WallMs));
        queue.LeaveLostPlaces(turn);
        queue.GrantNext(turn);
        participant.LandWith(turn);
        deadlocks.Notice(turn);
        deadlocks.Tick(turn);
        ForgetOthers(turn);
    }

    public bool HasUnstored => participant.HasUnstored || liveness.KeepsAny;

    public void Leaving(Turn turn)
    {
        participant.Land(turn);
        ForgetOthers(turn, leaving: true);
    }

    public void Handle(Command command, Call call, Turn turn)
    {
        if (EndsHoldings(command)) participant.Land(turn);
        if (command.AcquireLock is { FlowId.Length: > 0 } && calls.Of(call.RequestId) is null) deadlocks.Expect(turn);
        if (!participant.Handle(command, turn) && !deadlocks.Handle(command, turn))
        {
            switch (command.BodyCase)
            {
                case Command.BodyOneofCase.AcquireLock: Acquire(command, call, turn); break;
                case Command.BodyOneofCase.ReleaseLock: Release(command.ReleaseLock, call, turn); break;
                case Command.BodyOneofCase.CancelLock: cancelling.Cancel(command.CancelLock, call, turn); break;
                case Command.BodyOneofCase.GetLock: turn.Answer(call, LockReplies.State(name, book, turn.At.WallMs)); break;
                case Command.BodyOneofCase.UpgradeLock:
                    deadlocks.Expect(turn);
                    upgrades.Ask(command.UpgradeLock, call, turn);
                    queue.GrantNext(turn);
                    break;
                case Command.BodyOneofCase.ForceReleaseLock: ForceRelease(command.ForceReleaseLock, call, turn); break;
                case Command.BodyOneofCase.HoldingLostSeen: losses.Seen(command.HoldingLostSeen.Fence, turn); break;
                case Command.BodyOneofCase.Liveness: OnLiveness(command.Liveness, turn); break;
                case Command.BodyOneofCase.RestoreLock: turn.Answer(call, RestoredLock.Decide(name, book, participant.IsIdle && admissions.IsEmpty, command.RestoreLock, rules, turn)); break;
                case Command.BodyOneofCase.SessionGone:
                    EndSession(command.SessionGone.SessionId, turn);
                    if (!book.HasAnyOf(command.SessionGone.SessionId))
                        turn.Send(EntityId.Parse(command.Sender), new Command { SessionGoneSeen = new SessionGoneSeen { SessionId = command.SessionGone.SessionId } });
                    break;
                default: throw new ArgumentException($"a lock takes no {command.BodyCase}", nameof(command));
            }
        }
        participant.LandWith(turn);
        deadlocks.Notice(turn);
        ForgetOthers(turn);
    }

    /// <summary>Whether it may have to wait for transactions that rest on a fence: what is committed of them is no reason.</summary>
    private static bool EndsHoldings(Command command) => command.BodyCase
        is Command.BodyOneofCase.ReleaseLock or Command.BodyOneofCase.CancelLock or Command.BodyOneofCase.UpgradeLock or Command.BodyOneofCase.ForceReleaseLock or Command.BodyOneofCase.SessionGone
        or Command.BodyOneofCase.RestoreLock || command.Liveness is { Alive: false };

    private void Acquire(Command command, Call call, Turn turn)
    {
        var request = command.AcquireLock;
        // Without an id of its own, a waiter could not be told from another: the node that took the call has made one.
        if (call.RequestId.Length == 0) throw new ArgumentException("an acquire has a request id", nameof(command));
        if (book.Waiting(call.RequestId) is { } waiter)
        {
            if (!waiter.PayloadHash.Equals(call.PayloadHash)) turn.AnswerForNow(call, LockReplies.OtherPayload());
            else if (calls.Rejoin(call, turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000), turn)) queue.GrantNext(turn);
            return;
        }
        var admission = new Admission(call, request, turn.At.MonoMs + Math.Max(1000, command.TimeoutMs == 0 ? 5000 : Math.Min(5000, command.TimeoutMs)));
        admissions.Ask(admission, turn);
    }

    /// <summary>The youngest in a circle of waits: its place goes to those behind, what it holds elsewhere stays its own.</summary>
    private void GiveWay(Wait wait, IReadOnlyList<WaitEdge> cycle, Turn turn)
    {
        turn.Answer(wait.Call, DeadlockReplies.Of(name, cycle));
        if (book.Waiting(wait.RequestId) is { } waiter) queue.Leave(waiter, Reasons.Deadlock, turn);
        else upgrades.Leave(Reasons.Deadlock, turn);
        queue.GrantNext(turn);
    }

    private void Release(ReleaseLockRequest request, Call call, Turn turn)
    {
        if (book.Holding(request.Fence) is not { } holder || holder.SessionId != request.SessionId) turn.Answer(call, LockReplies.Stale(name, request.Fence, book));
        else
            closings.Close(new Closing([holder.Fence], Reasons.Released, t =>
                t.Answer(call, new Reply { ReleaseLock = new ReleaseLockResponse { Name = name, Fence = holder.Fence } })), turn);
    }

    private void ForceRelease(ForceReleaseLockRequest request, Call call, Turn turn)
    {
        if (request.Fence != 0 && book.Holding(request.Fence) is null)
        {
            turn.Answer(call, LockReplies.NotHeld(name, request.Fence, book));
            return;
        }
        if (book.Losses.Count >= Limits.LossesUntold)
        {
            turn.Answer(call, Replies.Failure(ErrorCode.LimitExceeded,
                $"{book.Losses.Count} holders of lock '{name}' have not heard yet that it was taken from them, and {Limits.LossesUntold} is the limit: again when their sessions have been kept alive or have ended"));
            return;
        }
        long[] fences = request.Fence != 0 ? [request.Fence] : [.. book.Holders.Select(h => h.Fence)];
        closings.Close(new Closing(fences, Reasons.ForcedBecause(request.Reason), t =>
            t.Answer(call, new Reply { ForceReleaseLock = new ForceReleaseLockResponse { Name = name, Fences = { fences } } })), turn);
    }

    private void OnLiveness(Liveness said, Turn turn)
    {
        book.RaiseFloor(said.FenceFloor);
        if (!said.Alive)
        {
            EndSession(said.SessionId, turn);
            return;
        }
        if (liveness.IsLate(said)) return;
        liveness.Alive(said, turn.At.MonoMs);
        var waiters = book.Queue.Count;
        admissions.Said(said, turn);
        if (book.Queue.Skip(waiters).Any(w => w.FlowId.Length > 0)) deadlocks.Expect(turn);
        queue.GrantNext(turn);
        // Guards that have waited for this word.
        participant.Pump(turn);
    }

    private void EndSession(string sessionId, Turn turn)
    {
        liveness.Ended(sessionId);
        admissions.EndSession(sessionId, turn);
        queue.EndSession(sessionId, turn);
        upgrades.EndSession(sessionId, turn);
        long[] fences = [.. book.Holders.Where(h => h.SessionId == sessionId && !closings.Has(h.Fence, Reasons.SessionEnded)).Select(h => h.Fence)];
        if (fences.Length > 0) closings.Close(new Closing(fences, Reasons.SessionEnded, _ => { }), turn);
        queue.GrantNext(turn);
        admissions.AdmitTries(turn);
        participant.Pump(turn);
    }

    /// <summary>Sessions that have nothing here any more, nor had a moment ago, are told so, and not asked again.</summary>
    private void ForgetOthers(Turn turn, bool leaving = false)
    {
        foreach (var sessionId in liveness.Sessions.ToArray())
        {
            if (book.HasAnyOf(sessionId) || admissions.HasAnyOf(sessionId))
            {
                liveness.Needs(sessionId);
                continue;
            }
            if (!leaving && liveness.Keeps(sessionId, turn.At.MonoMs)) continue;
            liveness.Forget(sessionId);
            admissions.Heard(sessionId);
            if (SessionId.TryParse(sessionId, out var id)) turn.Send(id.Entity, new Command { Detach = new Detach { SessionId = sessionId, LastQuestion = liveness.LastQuestion } });
        }
        // Its word is not waited for any more.
        admissions.AdmitTries(turn);
    }

    public IReadOnlyList<Intent> IntentsOf(Prepare prepare) => rules.ConditionIntents ? [new Intent()] : [];

    public bool Holds(Condition condition) => !rules.Guard || book.Holding(condition.Fence) is not null;

    /// <summary>A fence that is about to end waits for nobody's word any more, but for the intents on the lock: as with any of these, wait-die says who does.</summary>
    public bool IsUnsure(Prepare prepare, Turn turn)
    {
        var unsure = false;
        foreach (var one in prepare.Conditions)
        {
            if (book.Holding(one.Condition.Fence) is not { } holder || closings.IsEnding(holder.Fence) || liveness.MayGuard(holder.SessionId, turn.At.MonoMs)) continue;
            liveness.Ask(holder.SessionId, turn);
            unsure = true;
        }
        return unsure;
    }

    public PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp) => new() { Result = new BranchResult() };

    public bool IsClosing(string resource) => !closings.IsEmpty || upgrades.WaitsForIntents;

    public void Write(KeyWritten write) => throw new InvalidHistoryException("a lock has no value");

    public void IntentsFreed(Turn turn)
    {
        closings.Finish(turn);
        upgrades.Finish(turn);
    }

    public void Apply(Event @event, Stamp stamp)
    {
        if (!participant.Apply(@event, stamp)) book.Apply(@event, stamp);
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
