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
    private readonly string name;
    private readonly RuleSwitches rules;
    private readonly Participant participant;
    private readonly LockBook book;
    private readonly SessionLiveness liveness = new();
    private readonly WaitingCalls calls = new();
    private readonly LockQueue queue;
    private readonly Admissions admissions;
    private readonly Closings closings;
    private readonly Cancelling cancelling;

    public LockMachine(string name, RuleSwitches rules)
    {
        this.name = name;
        this.rules = rules;
        participant = new Participant(this, rules);
        book = new LockBook(name);
        queue = new LockQueue(name, rules, book, calls, liveness);
        admissions = new Admissions(liveness, queue);
        closings = new Closings(book, participant, queue);
        cancelling = new Cancelling(name, book, calls, admissions, queue, closings);
    }

    public long? WakeAtMs
    {
        get
        {
            var wake = Math.Min(participant.WakeAtMs ?? long.MaxValue, liveness.WakeAtMs ?? long.MaxValue);
            wake = Math.Min(wake, Math.Min(calls.WakeAtMs, admissions.WakeAtMs));
            if (book.Holders.Count == 0 && book.Queue.Count > 0) wake = Math.Min(wake, calls.LosesHeadAtMs(book.Queue[0].RequestId));
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool IsIdle => book.Holders.Count == 0 && book.Queue.Count == 0 && admissions.IsEmpty && participant.IsIdle;

    public bool Knows(string requestId) => book.Waiting(requestId) is not null;

    public bool IsReadOfNothing(Command command) => command.BodyCase == Command.BodyOneofCase.GetLock;

    public void Activated(Turn turn)
    {
        participant.Activated(turn);
        foreach (var waiter in book.Queue) calls.Recovered(waiter.RequestId, turn.At.MonoMs);
        foreach (var sessionId in book.Sessions) liveness.Ask(sessionId, turn);
    }

    public void Tick(Turn turn)
    {
        participant.Tick(turn);
        liveness.AskDue(turn);
        admissions.GiveUpDue(turn);
        // The place is kept for a while: the same request may go on waiting.
        foreach (var call in calls.CloseDue(turn.At.MonoMs)) turn.AnswerForNow(call, LockReplies.Held(name, book, call.RequestId, "was not free in time", turn.At.WallMs));
        queue.LeaveLostPlaces(turn);
        queue.GrantNext(turn);
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
                case Command.BodyOneofCase.CancelLock: cancelling.Cancel(command.CancelLock, call, turn); break;
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
        if (book.Waiting(call.RequestId) is { } waiter)
        {
            if (!waiter.PayloadHash.Equals(call.PayloadHash)) turn.AnswerForNow(call, LockReplies.OtherPayload());
            else if (calls.Rejoin(call, turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000), turn)) queue.GrantNext(turn);
            return;
        }
        var admission = new Admission(call, request, turn.At.MonoMs + Math.Max(1000, command.TimeoutMs == 0 ? 5000 : Math.Min(5000, command.TimeoutMs)));
        if (book.Held(request.SessionId, admission.HolderId) is { } held) turn.Answer(call, LockReplies.Granted(name, held));
        else admissions.Ask(admission, turn);
    }

    private void Release(ReleaseLockRequest request, Call call, Turn turn)
    {
        var holder = book.Holders.FirstOrDefault(h => h.Fence == request.Fence && h.SessionId == request.SessionId);
        if (holder is null) turn.Answer(call, LockReplies.Stale(name, request.Fence, book));
        else
            closings.Close(new Closing(holder.Fence, "released", t =>
                t.Answer(call, new Reply { ReleaseLock = new ReleaseLockResponse { Name = name, Fence = holder.Fence } })), turn);
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
        admissions.Said(said, turn);
        queue.GrantNext(turn);
    }

    private void EndSession(string sessionId, Turn turn)
    {
        admissions.EndSession(sessionId, turn);
        queue.EndSession(sessionId, turn);
        foreach (var holder in book.Holders.Where(h => h.SessionId == sessionId).ToArray())
            if (!closings.Has(holder.Fence, "session-ended")) closings.Close(new Closing(holder.Fence, "session-ended", _ => { }), turn);
        queue.GrantNext(turn);
    }

    /// <summary>Sessions that have nothing here any more are told so, and not asked again.</summary>
    private void ForgetOthers(Turn turn)
    {
        foreach (var sessionId in liveness.Sessions.ToArray())
        {
            if (book.HasAnyOf(sessionId) || admissions.HasAnyOf(sessionId)) continue;
            liveness.Forget(sessionId);
            if (SessionId.TryParse(sessionId, out var id)) turn.Send(id.Entity, new Command { Detach = new Detach { SessionId = sessionId } });
        }
    }

    public IReadOnlyList<Intent> IntentsOf(Prepare prepare) => rules.ConditionIntents ? [new Intent()] : [];

    public bool Holds(Condition condition) => !rules.Guard || book.Holders.Any(h => h.Fence == condition.Fence);

    public PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp) => new() { Result = new BranchResult() };

    public bool IsClosing(string resource) => !closings.IsEmpty;

    public void Write(KeyWritten write) => throw new InvalidHistoryException("a lock has no value");

    public void IntentsFreed(Turn turn) => closings.Finish(turn);

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
