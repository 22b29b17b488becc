using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>Who gets the lock next: in the order of asking, to a session that is alive, and only where somebody hears of it.</summary>
internal sealed class LockQueue(string name, RuleSwitches rules, LockBook book, WaitingCalls calls, SessionLiveness liveness)
{
    /// <summary>Grants, enqueues or refuses one whose session is alive.</summary>
    public void Admit(Admission admission, Turn turn)
    {
        var (call, request, _) = admission;
        if (book.Held(request.SessionId, admission.HolderId) is { } held)
        {
            turn.Answer(call, LockReplies.Granted(name, held));
            return;
        }
        if (book.Holders.Count == 0 && book.Queue.Count > 0) GrantNext(turn);
        if (book.Holders.Count == 0 && book.Queue.Count == 0)
        {
            Grant(request.SessionId, admission.HolderId, call.RequestId, request.Mode, request.Label, turn);
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
                    SessionId = request.SessionId, HolderId = admission.HolderId, RequestId = call.RequestId, Mode = request.Mode, Label = request.Label, PayloadHash = call.PayloadHash,
                },
            });
            calls.Open(call, turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000));
        }
    }

    /// <summary>The head of the queue gets the lock when it is free, the head's call is open and its session is alive.</summary>
    public void GrantNext(Turn turn)
    {
        while (book.Holders.Count == 0 && book.Queue.Count > 0)
        {
            var head = book.Queue[0];
            if (calls.Of(head.RequestId) is not { } call)
            {
                if (calls.MayCome(head.RequestId, turn.At.MonoMs)) return;
                Leave(head, "no-call", turn);
                continue;
            }
            if (!liveness.IsAlive(head.SessionId, turn.At.MonoMs))
            {
                liveness.Ask(head.SessionId, turn);
                return;
            }
            Grant(head.SessionId, head.HolderId, head.RequestId, head.Mode, head.Label, turn);
            calls.Forget(head.RequestId);
            turn.Answer(call, LockReplies.Granted(name, book.Holders[0]));
            foreach (var same in book.Queue.Where(w => w.SessionId == head.SessionId && w.HolderId == head.HolderId).ToArray())
            {
                if (calls.Of(same.RequestId) is { } other) turn.Answer(other, LockReplies.Granted(name, book.Holders[0]));
                Leave(same, "re-entry", turn);
            }
        }
    }

    public void LeaveLostPlaces(Turn turn)
    {
        foreach (var waiter in book.Queue.Where(w => calls.HasLostPlace(w.RequestId, turn.At.MonoMs)).ToArray()) Leave(waiter, "no-call", turn);
    }

    public void EndSession(string sessionId, Turn turn)
    {
        foreach (var waiter in book.Queue.Where(w => w.SessionId == sessionId).ToArray())
        {
            if (calls.Of(waiter.RequestId) is { } call) turn.Answer(call, LockReplies.SessionGone(sessionId));
            Leave(waiter, "session-ended", turn);
        }
    }

    public void Leave(Waiter waiter, string reason, Turn turn)
    {
        turn.Emit(new Event { LockWaiterLeft = new LockWaiterLeft { RequestId = waiter.RequestId, Reason = reason } });
        calls.Forget(waiter.RequestId);
    }

    private void Grant(string sessionId, string holderId, string requestId, LockMode mode, string label, Turn turn) => turn.Emit(new Event
    {
        LockGranted = new LockGranted
        {
            SessionId = sessionId, HolderId = holderId, RequestId = requestId, Mode = mode, Label = label,
            Fence = rules.FenceGrowth ? book.LastFence + 1 : Math.Max(1, book.LastFence),
        },
    });
}
