using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// From upgradeable to exclusive, once no other holder is left. There is one upgradeable holder at most, so nobody can be in each other's way; while it waits nobody comes in.
/// Its fence changes, so an upgrade waits for the transactions that rest on the old one, as a release does.
/// </summary>
internal sealed class Upgrades(string name, RuleSwitches rules, LockBook book, WaitingCalls calls, SessionLiveness liveness, Participant participant)
{
    /// <summary>For one who does not wait, and is alone: until its session has said that it lives, and transactions on its fence are over.</summary>
    private const long AloneMs = 1000;

    /// <summary>The waiting upgrade whose last call takes no for an answer.</summary>
    private string? tries;

    /// <summary>When it loses its place, having no open call.</summary>
    public long WakeAtMs => book.Upgrade is { } upgrade ? calls.LosesHeadAtMs(upgrade.RequestId) : long.MaxValue;

    /// <summary>Only intents are in its way: no new ones are taken.</summary>
    public bool WaitsForIntents => book.Upgrade is { } upgrade && book.Holders.Count == 1 && calls.Of(upgrade.RequestId) is not null;

    public void Ask(UpgradeLockRequest request, Call call, Turn turn)
    {
        // Without an id of its own it could not be told from another: the node that took the call has made one.
        if (call.RequestId.Length == 0) throw new ArgumentException("an upgrade has a request id", nameof(call));
        var untilMs = turn.At.MonoMs + (long)Math.Round(request.WaitSeconds * 1000);
        if (book.Holders.Count == 1) untilMs = Math.Max(untilMs, turn.At.MonoMs + AloneMs);
        if (book.Upgrade is { } waiting && waiting.RequestId == call.RequestId)
        {
            if (!waiting.PayloadHash.Equals(call.PayloadHash)) turn.AnswerForNow(call, LockReplies.OtherPayload());
            else if (calls.Rejoin(call, untilMs, turn)) tries = request.WaitSeconds <= 0 ? call.RequestId : null;
        }
        else if (book.Holding(request.Fence) is not { } holder || holder.SessionId != request.SessionId)
            turn.Answer(call, LockReplies.Stale(name, request.Fence, book));
        else if (holder.Share.Mode != LockMode.Upgradeable)
            turn.Answer(call, LockReplies.NotUpgradeable(name, holder, book));
        else if (book.Upgrade is { } other && calls.Of(other.RequestId) is not null)
            turn.Answer(call, LockReplies.UpgradesAlready(name));
        else if (book.Holders.Count > 1 && request.WaitSeconds <= 0)
            turn.Answer(call, LockReplies.Held(name, book, call.RequestId, "has other holders", turn.At.WallMs));
        else
        {
            // Nobody comes for it: its caller asks again without knowing its id.
            if (book.Upgrade is not null) Leave(Reasons.Replaced, turn);
            turn.Emit(new Event { LockUpgradeAsked = new LockUpgradeAsked { Fence = request.Fence, RequestId = call.RequestId, PayloadHash = call.PayloadHash } });
            calls.Open(call, untilMs);
            tries = request.WaitSeconds <= 0 ? call.RequestId : null;
        }
    }

    /// <summary>Upgrades, if nothing is in the way any more.</summary>
    public void Finish(Turn turn)
    {
        if (book.Upgrade is not { } upgrade) return;
        if (calls.Of(upgrade.RequestId) is not { } call)
        {
            if (calls.MayCome(upgrade.RequestId, turn.At.MonoMs)) return;
            var upTo = calls.LastAttempt(upgrade.RequestId) ?? 0;
            Leave(Reasons.NoCall, turn);
            turn.Settle(upgrade.RequestId, LockReplies.LostPlace(name, book, upgrade.RequestId, turn.At.WallMs), upTo);
            return;
        }
        if (book.Holders.Count > 1 && rules.LockModes) return;
        var holder = book.Holding(upgrade.Fence)!;
        if (!liveness.MayBeGranted(holder.SessionId, turn.At.MonoMs))
        {
            liveness.Ask(holder.SessionId, turn);
            return;
        }
        if (rules.PinBeforeRelease && participant.BlocksWrite("")) return;
        turn.Emit(new Event
        {
            LockUpgraded = new LockUpgraded { Fence = holder.Fence, NewFence = book.NextFence, RequestId = upgrade.RequestId, SessionId = holder.SessionId, HolderId = holder.HolderId },
        });
        calls.Forget(upgrade.RequestId);
        turn.Answer(call, LockReplies.Granted(name, book.Holders[^1]));
        participant.Pump(turn);
    }

    /// <summary>Whether it is of an upgrade that does not wait, whose time is over: it is refused, and holds nobody back any more.</summary>
    public bool EndTry(Call call, Turn turn)
    {
        if (call.RequestId != tries || book.Upgrade?.RequestId != tries) return false;
        var held = LockReplies.Held(name, book, call.RequestId, "was not free for an upgrade", turn.At.WallMs);
        Leave(Reasons.InVain, turn);
        turn.Answer(call, held);
        return true;
    }

    public void Leave(string reason, Turn turn)
    {
        var requestId = book.Upgrade!.RequestId;
        turn.Emit(new Event { LockWaiterLeft = new LockWaiterLeft { RequestId = requestId, Reason = reason } });
        calls.Forget(requestId);
        participant.Pump(turn);
    }

    /// <summary>The holding that was to be upgraded ends in this turn.</summary>
    public void HoldingEnds(long fence, Turn turn)
    {
        if (book.Upgrade is not { } upgrade || upgrade.Fence != fence) return;
        if (calls.Of(upgrade.RequestId) is { } call) turn.Answer(call, LockReplies.Stale(name, fence, book));
        calls.Forget(upgrade.RequestId);
    }

    public void EndSession(string sessionId, Turn turn)
    {
        if (book.Upgrade is not { } upgrade || book.Holding(upgrade.Fence)!.SessionId != sessionId) return;
        if (calls.Of(upgrade.RequestId) is { } call) turn.Answer(call, LockReplies.SessionGone(sessionId));
        Leave(Reasons.SessionEnded, turn);
    }
}
