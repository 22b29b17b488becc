using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// AcquireAll, driven by the slot of its session: it takes one lock after the other, in one order for everybody, as a client of theirs; or gives back what it has, and only then
/// refuses. Each is open work, stored before any lock hears of it, so that the slot's next activation finishes or undoes it (ADR 0018).
/// </summary>
internal sealed class MultiLocks
{
    /// <summary>Beyond the caller's time: a lock that can be reached answers at the end of it.</summary>
    public const long SilenceMs = 2000;

    /// <summary>After a crash, or between two calls that keep the place, the caller has this long to come back, as at the head of a lock's queue.</summary>
    private const long NoCallMs = 5000;

    /// <summary>Less than what a place at the head of a lock's queue outlives its call.</summary>
    private const long AskAgainMs = 2000;

    private const long RefusedAgainMs = 250;

    /// <summary>Far less than what locks remember of ids.</summary>
    private const long FreshMs = Limits.OutcomeSeconds * 1000L / 3;

    private readonly MultiLockBook book;
    private readonly GivingBack givingBack;
    private readonly Func<string, Session?> sessionOf;

    public MultiLocks(RuleSwitches rules, Func<string, Session?> sessionOf)
    {
        this.sessionOf = sessionOf;
        book = new MultiLockBook(rules);
        givingBack = new GivingBack(book, rules);
    }

    public long? WakeAtMs => book.Open.Select(w => w.WakeAtMs).DefaultIfEmpty(long.MaxValue).Min() is var wake and < long.MaxValue ? wake : null;

    public bool Knows(string requestId) => book.Find(requestId) is { IsOpen: true };

    public void Activated(Turn turn)
    {
        foreach (var work in book.All)
        {
            work.UntilMs = turn.At.MonoMs + NoCallMs;
            foreach (var leg in work.Legs)
            {
                leg.MayBeAsked = true;
                if (work.Undoing is not null) leg.AskAgainAtMs = turn.At.MonoMs;
            }
        }
    }

    public void Tick(Turn turn)
    {
        foreach (var work in book.Open.Where(w => w.WakeAtMs <= turn.At.MonoMs).ToArray())
        {
            if (work is { IsTaking: true, Caller: not null, KeepsPlace: true } && work.UntilMs <= turn.At.MonoMs)
                LetGoForNow(work, null, turn);
            else if (work.IsTaking && work.Caller is null && work.UntilMs <= turn.At.MonoMs)
                givingBack.Begin(work, MultiLockReplies.NobodyWaits(work), work.LastAttempt, turn);
            else if (work.IsTaking && work.Caller is not null && work.UntilMs + SilenceMs <= turn.At.MonoMs)
                givingBack.Begin(work, MultiLockReplies.Silent(work.Next!.Wish.Name), work.LastAttempt, turn);
            else
                foreach (var leg in work.Legs.Where(l => l.AskAgainAtMs <= turn.At.MonoMs).ToArray())
                    if (work.IsTaking) Ask(leg, turn);
                    else GivingBack.Ask(leg, turn);
        }
    }

    /// <summary>Handles the command if it is one of these.</summary>
    public bool Handle(Command command, Call call, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.AcquireAllLocks: Acquire(command.AcquireAllLocks, call, turn); return true;
            case Command.BodyOneofCase.CancelAllLocks: Cancel(command.CancelAllLocks, call, turn); return true;
            case Command.BodyOneofCase.LockAnswer: OnAnswer(command.LockAnswer, turn); return true;
            default: return false;
        }
    }

    private void Acquire(AcquireAllLocksRequest request, Call call, Turn turn)
    {
        if (call.RequestId.Length == 0) throw new ArgumentException("an acquireAll has a request id", nameof(request));
        if (book.Find(call.RequestId) is { IsOpen: true } work)
        {
            if (!work.Started.PayloadHash.Equals(call.PayloadHash))
                turn.AnswerForNow(call, Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload"));
            else Rejoin(work, request, call, turn);
            return;
        }
        var holderId = request.HolderId.Length == 0 ? call.RequestId : request.HolderId;
        if (Refusal(request, holderId) is { } refusal)
        {
            turn.Answer(call, refusal);
            return;
        }
        var started = new MultiLockStarted
        {
            SessionId = request.SessionId, RequestId = call.RequestId, Attempt = call.Attempt, HolderId = holderId, Label = request.Label, FlowId = request.FlowId,
            Locks = { request.Locks }, PayloadHash = call.PayloadHash,
        };
        book.Record(new Event { MultiLockStarted = started }, turn);
        Open(book.Find(call.RequestId)!, request, call, turn);
    }

    private Reply? Refusal(AcquireAllLocksRequest request, string holderId)
    {
        if (sessionOf(request.SessionId) is not { } session) return SessionReplies.Gone(request.SessionId);
        if (session.Ending is not null) return Replies.Failure(ErrorCode.Unavailable, $"session '{request.SessionId}' is ending");
        var open = book.OpenOf(request.SessionId).ToArray();
        if (open.Length >= Limits.AcquireAllsPerSession)
            return Replies.Failure(ErrorCode.LimitExceeded, $"session '{request.SessionId}' has {Limits.AcquireAllsPerSession} acquireAlls under way, which is the limit");
        // What the one gives back could be what the other was given again as the same holder's.
        return Array.Exists(open, w => w.Started.HolderId == holderId)
            ? Replies.Failure(ErrorCode.InvalidArgument, $"holderId: another acquireAll of holder '{holderId}' is under way", Replies.Details(("field", "holderId")))
            : null;
    }

    /// <summary>Of two calls of one request the later attempt goes on, as with a lock.</summary>
    private void Rejoin(MultiLock work, AcquireAllLocksRequest request, Call call, Turn turn)
    {
        if (work.Caller is { } earlier)
        {
            var late = call.Attempt < earlier.Attempt;
            turn.AnswerForNow(late ? call : earlier, Replies.Failure(ErrorCode.OutcomeUnknown, "the same request was sent again and waits in this one's place"));
            if (late) return;
        }
        else if (work.Undoing is null && call.Attempt < work.HeardAttempt)
        {
            // The client has had its answer to a later one, and nobody would hear of the grants.
            turn.AnswerForNow(call, Replies.Failure(ErrorCode.OutcomeUnknown, "a later attempt of the same request was answered already"));
            return;
        }
        Open(work, request, call, turn);
    }

    private void Open(MultiLock work, AcquireAllLocksRequest request, Call call, Turn turn)
    {
        work.Caller = call;
        work.HeardAttempt = call.Attempt;
        work.LastAttempt = Math.Max(work.LastAttempt, call.Attempt);
        if (work.Undoing is not null) return;
        work.UntilMs = turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000);
        (work.IsTry, work.KeepsPlace) = (request.WaitSeconds <= 0, request.KeepPlace && request.WaitSeconds > 0);
        Advance(work, turn);
    }

    /// <summary>The call's time is over, and its caller comes again: what is there stays, as at the head of a lock's queue.</summary>
    private static void LetGoForNow(MultiLock work, Failure? why, Turn turn)
    {
        turn.AnswerForNow(work.Caller!, MultiLockReplies.NotYet(work.Next!, why));
        work.Caller = null;
        work.UntilMs = turn.At.MonoMs + NoCallMs;
        work.Next!.AskAgainAtMs = long.MaxValue;
    }

    private void Advance(MultiLock work, Turn turn)
    {
        // Nobody would hear of it: what is there stays until somebody has come, or too long.
        if (work.Caller is not { } caller) return;
        if (work.Next is { } next)
        {
            Ask(next, turn);
            return;
        }
        book.Record(new Event { MultiLockEnded = new MultiLockEnded { RequestId = work.RequestId, Granted = true } }, turn);
        work.Caller = null;
        turn.Answer(caller, MultiLockReplies.Granted(work));
    }

    private void Ask(MultiLockLeg leg, Turn turn)
    {
        var work = leg.Work;
        if (!leg.MayBeAsked && turn.Stamp.TimeMs - leg.IssuedMs > FreshMs)
            book.Record(new Event { MultiLockRenewed = new MultiLockRenewed { RequestId = work.RequestId, FromPlace = work.Legs.ToList().IndexOf(leg) } }, turn);
        leg.MayBeAsked = true;
        leg.AskAgainAtMs = turn.At.MonoMs + AskAgainMs;
        // By the time, so that it grows across activations too: the lock lets a later attempt take the place of an earlier one only.
        leg.Attempt = (uint)Math.Max(leg.Attempt + 1L, 1 + Math.Clamp(turn.Stamp.TimeMs - leg.IssuedMs, 0, uint.MaxValue / 2));
        var wish = leg.Wish;
        turn.Send(leg.Lock, new Command
        {
            RequestId = leg.RequestId, Attempt = leg.Attempt,
            AcquireLock = new AcquireLockRequest
            {
                Name = wish.Name, SessionId = work.Started.SessionId, RequestId = leg.RequestId, HolderId = work.Started.HolderId, Mode = wish.Mode, Permits = wish.Permits, Limit = wish.Limit,
                Label = work.Started.Label, FlowId = work.Started.FlowId, WaitSeconds = Math.Clamp((work.UntilMs - turn.At.MonoMs) / 1000.0, 0, Limits.WaitMaxSeconds),
            },
        });
    }

    private void OnAnswer(LockAnswer answer, Turn turn)
    {
        if (book.Leg(answer.RequestId) is not { } leg) return;
        var work = leg.Work;
        if (work.Undoing is not null)
        {
            if (answer.Reply.CancelLock is not null) givingBack.Done(leg, turn);
        }
        else if (work.IsTaking && answer.Reply.LockGrant is { } grant)
        {
            if (leg.Grant is not null) return;
            (leg.Grant, leg.AskAgainAtMs) = (grant, long.MaxValue);
            Advance(work, turn);
        }
        // What is said to a call that another has replaced says nothing of the wait.
        else if (work.IsTaking && leg.Grant is null && answer.Attempt == leg.Attempt && answer.Reply.Failure is { } failure)
            OnRefused(leg, failure, turn);
    }

    private void OnRefused(MultiLockLeg leg, Failure failure, Turn turn)
    {
        var work = leg.Work;
        switch (failure.Code)
        {
            // Between two calls nobody asks; the next one does.
            case ErrorCode.Unavailable or ErrorCode.LockHeld when work.Caller is null:
                leg.AskAgainAtMs = long.MaxValue;
                break;
            case ErrorCode.Unavailable:
            case ErrorCode.LockHeld when !work.IsTry && work.UntilMs > turn.At.MonoMs + RefusedAgainMs:
                leg.AskAgainAtMs = turn.At.MonoMs + RefusedAgainMs;
                break;
            // It has come at the end of the caller's time, and the place is kept.
            case ErrorCode.LockHeld when work.KeepsPlace:
                LetGoForNow(work, failure, turn);
                break;
            case ErrorCode.LockHeld:
                givingBack.Begin(work, MultiLockReplies.Refused(leg, failure), work.IsTry ? uint.MaxValue : work.LastAttempt, turn);
                break;
            // Older than what the lock remembers: nothing can be told, so that all is given back, and another attempt begins again.
            case ErrorCode.OutcomeUnknown:
                givingBack.Begin(work, MultiLockReplies.Silent(leg.Wish.Name), work.LastAttempt, turn);
                break;
            default:
                givingBack.Begin(work, MultiLockReplies.Refused(leg, failure), uint.MaxValue, turn);
                break;
        }
    }

    /// <summary>Takes an acquireAll back, all its attempts or only those up to one: also one that was granted, within the time that its outcome is remembered.</summary>
    private void Cancel(CancelAllLocksRequest request, Call call, Turn turn)
    {
        var upTo = request.OnlyAttemptsTo == 0 ? uint.MaxValue : request.OnlyAttemptsTo;
        var cancelled = MultiLockReplies.TakenBack();
        if (book.Find(request.RequestId) is { } work && work.Started.SessionId == request.SessionId && !MultiLockBook.IsForgotten(work, turn.Stamp.TimeMs))
        {
            // After a crash the attempt is not known, and it is left to whoever comes for it in time.
            var attempt = work.GrantedMs > 0 ? turn.LastAttemptAnswered(work.RequestId) : work.HeardAttempt;
            if (attempt is null ? upTo < uint.MaxValue : attempt > upTo)
            {
                turn.Answer(call, MultiLockReplies.Cancelled(tookBack: false));
                return;
            }
            work.Cancellers.Add(call);
            work.CancelledUpTo = Math.Max(work.CancelledUpTo, upTo);
            if (work.Undoing is null) givingBack.Begin(work, cancelled, upTo, turn);
        }
        else if (sessionOf(request.SessionId) is null) turn.Answer(call, SessionReplies.Gone(request.SessionId));
        else
        {
            if ((turn.LastAttemptAnswered(request.RequestId) ?? 0) <= upTo) turn.Settle(request.RequestId, cancelled, upTo);
            turn.Answer(call, MultiLockReplies.Cancelled(tookBack: false));
        }
    }

    /// <summary>Called with the end of a session, in the same row: its locks are told of it, and let go of all that is the session's.</summary>
    public void Ending(string sessionId, Turn turn)
    {
        foreach (var work in book.OpenOf(sessionId).ToArray())
        {
            if (work.Caller is { } caller) turn.Answer(caller, SessionReplies.Gone(sessionId));
            // Its locks will be told, and have not let go yet.
            foreach (var canceller in work.Cancellers) turn.Answer(canceller, SessionReplies.Gone(sessionId));
        }
    }

    public bool Apply(Event @event, Stamp stamp) => book.Apply(@event, stamp);

    public void Restore(IEnumerable<StoredMultiLock> stored) => book.Restore(stored);

    public IEnumerable<StoredMultiLock> Save() => book.Save();
}
