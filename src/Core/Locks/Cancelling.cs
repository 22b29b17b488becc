using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>Takes an acquire or an upgrade back, wherever it is by now: all its attempts, or only those up to one, when their caller has gone and a later one may have come since.</summary>
internal sealed class Cancelling(
    string name, RuleSwitches rules, LockBook book, WaitingCalls calls, Admissions admissions, LockQueue queue, Upgrades upgrades, Closings closings)
{
    public void Cancel(CancelLockRequest request, Call call, Turn turn)
    {
        var all = request.OnlyAttemptsTo == 0;
        var cancelled = LockReplies.Held(name, book, request.RequestId, "was asked for by a request that is cancelled", turn.At.WallMs);
        void Finish(Turn t, bool tookBack)
        {
            if (rules.PersistedCancel) t.Settle(request.RequestId, cancelled, all ? uint.MaxValue : request.OnlyAttemptsTo);
            Answer(t, tookBack);
        }
        void Answer(Turn t, bool tookBack) => t.Answer(call, new Reply { CancelLock = new CancelLockResponse { Name = name, Cancelled = tookBack } });
        bool Covers(uint? attempt) => all || attempt <= request.OnlyAttemptsTo;

        if (admissions.Find(request.RequestId, request.SessionId) is { } admission)
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
            // After a failover the attempt is not known, and the place is left to whoever comes for it in time.
            if (!Covers(calls.LastAttempt(waiter.RequestId)))
            {
                Answer(turn, tookBack: false);
                return;
            }
            if (calls.Of(waiter.RequestId) is { } open) turn.AnswerForNow(open, cancelled);
            queue.Leave(waiter, Reasons.Cancelled, turn);
            Finish(turn, tookBack: true);
            queue.GrantNext(turn);
        }
        else if (book.Upgrade is { } upgrade && upgrade.RequestId == request.RequestId && book.Holding(upgrade.Fence)!.SessionId == request.SessionId)
        {
            if (!Covers(calls.LastAttempt(upgrade.RequestId)))
            {
                Answer(turn, tookBack: false);
                return;
            }
            if (calls.Of(upgrade.RequestId) is { } open) turn.AnswerForNow(open, cancelled);
            upgrades.Leave(Reasons.Cancelled, turn);
            Finish(turn, tookBack: true);
            queue.GrantNext(turn);
        }
        // The holding goes on, with another fence: whoever has not heard of that asks for the same upgrade again, and is told.
        else if (book.Holders.Any(h => h.UpgradedBy == request.RequestId && h.SessionId == request.SessionId)) Answer(turn, tookBack: false);
        else if (book.Holders.FirstOrDefault(h => h.SessionId == request.SessionId && h.Requests.Contains(request.RequestId)) is { } holder)
        {
            bool MayEnd(Turn t)
            {
                if (!Covers(t.LastAttemptAnswered(request.RequestId)))
                {
                    Answer(t, tookBack: false);
                    return false;
                }
                if (book.Holding(holder.Fence) is not { } now || (now.Requests is [var only] && only == request.RequestId)) return true;
                // The same holder has been told of it by another request since: it goes on as that one's.
                if (!now.IsToldToMany && now.Requests.Contains(request.RequestId))
                    t.Emit(new Event { LockRequestCancelled = new LockRequestCancelled { Fence = now.Fence, RequestId = request.RequestId } });
                Finish(t, tookBack: false);
                return false;
            }
            // Asked again when it ends: while that waits for intents, a later attempt or another request of the holder may be told that it holds the lock.
            if (MayEnd(turn)) closings.Close(new Closing([holder.Fence], Reasons.Cancelled, t => Finish(t, tookBack: true)) { IsStillMeant = MayEnd }, turn);
        }
        else if (Covers(turn.LastAttemptAnswered(request.RequestId) ?? 0)) Finish(turn, tookBack: false);
        else Answer(turn, tookBack: false);
    }
}
