using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// Who gets the lock next: in the order of asking, whatever the mode, to sessions that are alive, and only where somebody hears of it. Those at the front who fit in together are granted together.
/// </summary>
internal sealed class LockQueue(string name, RuleSwitches rules, LockBook book, WaitingCalls calls, SessionLiveness liveness, Upgrades upgrades)
{
    /// <summary>When whoever is next, and has no open call, loses its place.</summary>
    public long WakeAtMs => book.Next().FirstOrDefault(w => calls.Of(w.RequestId) is null) is { } next ? calls.LosesHeadAtMs(next.RequestId) : long.MaxValue;

    /// <summary>Whether one who does not wait would be told that it is held.</summary>
    public bool WouldRefuse(Admission admission) =>
        book.Held(admission.Request.SessionId, admission.HolderId) is null && (!book.HasRoomFor(admission.Share) || (book.Queue.Count > 0 && rules.LockFifo));

    /// <summary>Whether one whose session is alive, and who waits, surely goes to the end of the queue and hears nothing.</summary>
    public bool WouldEnqueue(AcquireLockRequest request, string requestId)
    {
        var (share, holderId) = (Share.Of(request.Mode, request.Permits, request.Limit), Admission.HolderOf(request, requestId));
        return !book.HasRoomFor(share) && book.Queue.Count < Limits.WaitersPerLock && book.Waiting(requestId) is null && book.Held(request.SessionId, holderId) is null
            && Wrong(share, request.SessionId, holderId) is null;
    }

    /// <summary>Grants, enqueues or refuses one whose session is alive.</summary>
    public void Admit(Admission admission, Turn turn)
    {
        var (call, request, _) = admission;
        var share = admission.Share;
        if (book.Queue.Count > 0) GrantNext(turn);
        if (book.Held(request.SessionId, admission.HolderId) is { } held) Tell(call, held.Fence, LockReplies.Again(name, held, share), turn);
        else if (Wrong(share, request.SessionId, admission.HolderId) is { } failure) turn.Answer(call, failure);
        else if (book.HasRoomFor(share) && (book.Queue.Count == 0 || !rules.LockFifo))
        {
            Grant(WaiterOf(admission, turn.Stamp.TimeMs), turn);
            turn.Answer(call, LockReplies.Granted(name, book.Holders[^1]));
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
                    SessionId = request.SessionId, HolderId = admission.HolderId, RequestId = call.RequestId, Mode = share.Mode, Label = request.Label, PayloadHash = call.PayloadHash,
                    Permits = share.Permits, Limit = share.Limit, FlowId = request.FlowId,
                },
            });
            calls.Open(call, turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000));
        }
    }

    /// <summary>The upgradeable holder first, if it waits to be alone; then those at the front who fit in, whose calls are open and whose sessions are alive.</summary>
    public void GrantNext(Turn turn)
    {
        upgrades.Finish(turn);
        while (GrantRound(turn))
        {
        }
    }

    public void LeaveLostPlaces(Turn turn)
    {
        foreach (var waiter in book.Queue.Where(w => calls.HasLostPlace(w.RequestId, turn.At.MonoMs)).ToArray()) LosePlace(waiter, turn);
    }

    public void EndSession(string sessionId, Turn turn)
    {
        foreach (var waiter in book.Queue.Where(w => w.SessionId == sessionId).ToArray())
        {
            if (calls.Of(waiter.RequestId) is { } call) turn.Answer(call, LockReplies.SessionGone(sessionId));
            Leave(waiter, Reasons.SessionEnded, turn);
        }
    }

    public void Leave(Waiter waiter, string reason, Turn turn)
    {
        var free = book.Holders.Count == 0 && book.Queue.Count == 1;
        turn.Emit(new Event { LockWaiterLeft = new LockWaiterLeft { RequestId = waiter.RequestId, Reason = reason, Free = free } });
        calls.Forget(waiter.RequestId);
    }

    /// <summary>Whoever comes again may do so when the id is older than what is remembered: that these attempts were granted nothing is certain, and kept as their outcome.</summary>
    private void LosePlace(Waiter waiter, Turn turn)
    {
        var upTo = calls.LastAttempt(waiter.RequestId) ?? 0;
        Leave(waiter, Reasons.NoCall, turn);
        turn.Settle(waiter.RequestId, LockReplies.LostPlace(name, book, waiter.RequestId, turn.At.WallMs), upTo);
    }

    /// <returns>Whether somebody left the queue, so that others may fit in now.</returns>
    private bool GrantRound(Turn turn)
    {
        var (unsure, again) = (false, false);
        foreach (var waiter in book.Next().ToArray())
        {
            // It came twice, and the other one was granted just now.
            if (book.Waiting(waiter.RequestId) is null) continue;
            if (calls.Of(waiter.RequestId) is not { } call)
            {
                // Nobody overtakes one who may come for its place.
                if (calls.MayCome(waiter.RequestId, turn.At.MonoMs)) return again;
                LosePlace(waiter, turn);
                return true;
            }
            if (!liveness.MayBeGranted(waiter.SessionId, turn.At.MonoMs))
            {
                // Those who would be granted with it are asked at the same time, and no others.
                liveness.Ask(waiter.SessionId, turn);
                unsure = true;
            }
            else if (!unsure) again |= Grant(waiter, call, turn);
        }
        return again;
    }

    private bool Grant(Waiter waiter, Call call, Turn turn)
    {
        Grant(waiter, turn);
        calls.Forget(waiter.RequestId);
        var granted = LockReplies.Granted(name, book.Holders[^1]);
        turn.Answer(call, granted);
        Waiter[] same = [.. book.Queue.Where(w => IsOf(w, waiter.SessionId, waiter.HolderId))];
        foreach (var other in same)
        {
            if (calls.Of(other.RequestId) is { } open) Tell(open, granted.LockGrant.Fence, granted, turn);
            Leave(other, Reasons.ReEntry, turn);
        }
        return same.Length > 0;
    }

    /// <summary>To another request of a holder that has it: stored, so that a late cancel of the one takes nothing from the other. It may be refused too, as asking for something else.</summary>
    private void Tell(Call call, long fence, Reply reply, Turn turn)
    {
        if (reply.LockGrant is not null && rules.EveryRequestCounts && book.Holding(fence) is { IsToldToMany: false } holder && !holder.Requests.Contains(call.RequestId))
            turn.Emit(new Event { LockReEntered = new LockReEntered { Fence = fence, RequestId = call.RequestId } });
        turn.Answer(call, reply);
    }

    private void Grant(Waiter waiter, Turn turn) => turn.Emit(new Event
    {
        LockGranted = new LockGranted
        {
            SessionId = waiter.SessionId, HolderId = waiter.HolderId, RequestId = waiter.RequestId, Mode = waiter.Share.Mode, Label = waiter.Label, Fence = book.NextFence,
            Permits = waiter.Share.Permits, Limit = waiter.Share.Limit, FlowId = waiter.FlowId,
        },
    });

    /// <summary>A lock is one thing at a time: a semaphore of one limit, or a lock for readers and writers; and a holder wants one thing of it.</summary>
    private Reply? Wrong(Share share, string sessionId, string holderId)
    {
        if (share.Permits > share.Limit) return LockReplies.Wrong("permits", $"is {share.Permits}; it must be at most limit, which is {share.Limit}");
        if (book.Use is { } use)
        {
            if (use.IsSemaphore != share.IsSemaphore) return LockReplies.OtherKind(name, use, share);
            if (use.Limit != share.Limit) return LockReplies.OtherLimit(name, use, share);
        }
        return book.Queue.FirstOrDefault(w => IsOf(w, sessionId, holderId)) is { } waiter && waiter.Share != share
            ? LockReplies.OtherShare(name, share, $"waits for it as {LockReplies.Text(waiter.Share)}")
            : null;
    }

    private static bool IsOf(Waiter waiter, string sessionId, string holderId) => waiter.HolderId == holderId && waiter.SessionId == sessionId;

    private static Waiter WaiterOf(Admission admission, long nowMs) => new(
        admission.Request.SessionId, admission.HolderId, admission.Call.RequestId, admission.Share, admission.Request.Label, admission.Request.FlowId, admission.Call.PayloadHash, nowMs);
}
