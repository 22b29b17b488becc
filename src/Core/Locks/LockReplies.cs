using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Core.Locks;

/// <summary>What a lock answers.</summary>
internal static class LockReplies
{
    public static Reply Granted(string name, Holder holder) => new()
    {
        LockGrant = new LockGrant { Name = name, Fence = holder.Fence, Mode = holder.Share.Mode, SessionId = holder.SessionId, HolderId = holder.HolderId },
    };

    /// <summary>To a holder that asks again: the same grant, if it asks for the same.</summary>
    public static Reply Again(string name, Holder holder, Share asked) =>
        asked == holder.Share || (holder.UpgradedBy.Length > 0 && asked.Mode == LockMode.Upgradeable)
            ? Granted(name, holder)
            : OtherShare(name, asked, $"has it as {Text(holder.Share)} (fence {holder.Fence})");

    public static Reply State(string name, LockBook book, long nowMs)
    {
        var state = new LockState { Name = name, LastFence = book.LastFence };
        state.Holders.AddRange(book.Holders.Select(h => new LockHolder
        {
            SessionId = h.SessionId, HolderId = h.HolderId, Label = h.Label, Mode = h.Share.Mode, Fence = h.Fence, HeldSeconds = SecondsSince(h.SinceMs, nowMs),
        }));
        if (book.Upgrade is { } upgrade)
        {
            var holder = book.Holding(upgrade.Fence)!;
            state.Waiters.Add(new LockWaiter
            {
                SessionId = holder.SessionId, HolderId = holder.HolderId, Label = holder.Label, Mode = LockMode.Exclusive, Position = 1, WaitingSeconds = SecondsSince(upgrade.SinceMs, nowMs),
            });
        }
        var before = state.Waiters.Count;
        state.Waiters.AddRange(book.Queue.Select((w, i) => new LockWaiter
        {
            SessionId = w.SessionId, HolderId = w.HolderId, Label = w.Label, Mode = w.Share.Mode, Position = before + i + 1, WaitingSeconds = SecondsSince(w.SinceMs, nowMs),
        }));
        return new Reply { Lock = state };
    }

    public static Reply LostPlace(string name, LockBook book, string requestId, long nowMs) =>
        Held(name, book, requestId, "was not asked for again in time: the place in the queue is lost", nowMs);

    /// <summary>Details name the holders, how many others wait, and the place of the asker: the one it has, or would have had.</summary>
    public static Reply Held(string name, LockBook book, string requestId, string why, long nowMs)
    {
        var details = new Struct();
        details.Fields["holders"] = Value.ForList([.. book.Holders.Take(Limits.HoldersTold).Select(h => Value.ForStruct(new Struct
        {
            Fields =
            {
                ["sessionId"] = Value.ForString(h.SessionId), ["holderId"] = Value.ForString(h.HolderId), ["label"] = Value.ForString(h.Label),
                ["mode"] = Value.ForString(NameOf(h.Share.Mode)), ["fence"] = Value.ForString(h.Fence.ToString(CultureInfo.InvariantCulture)),
                ["heldSeconds"] = Value.ForNumber(SecondsSince(h.SinceMs, nowMs)),
            },
        }))]);
        var position = book.PositionOf(requestId);
        details.Fields["waiters"] = Value.ForNumber(position > 0 ? book.Waiters - 1 : book.Waiters);
        details.Fields["position"] = Value.ForNumber(position > 0 ? position : book.Waiters + 1);
        if (book.Holders.Count > Limits.HoldersTold) details.Fields["holderCount"] = Value.ForNumber(book.Holders.Count);
        return Replies.Failure(ErrorCode.LockHeld, $"lock '{name}' {why}", details);
    }

    public static Reply Stale(string name, long fence, LockBook book) =>
        Replies.Failure(ErrorCode.FenceStale, $"lock '{name}' is not held by this session with fence {fence}; the last fence given is {book.LastFence}",
            Replies.Details(("lastFence", book.LastFence.ToString(CultureInfo.InvariantCulture))));

    public static Reply NotHeld(string name, long fence, LockBook book) =>
        Replies.Failure(ErrorCode.FenceStale, $"nobody holds lock '{name}' with fence {fence}; the last fence given is {book.LastFence}",
            Replies.Details(("lastFence", book.LastFence.ToString(CultureInfo.InvariantCulture))));

    public static Reply OtherPayload() => Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload");

    /// <summary>Bad input that only the lock itself can tell.</summary>
    public static Reply Wrong(string field, string says) => Replies.Failure(ErrorCode.InvalidArgument, $"{field} {says}", Replies.Details(("field", field)));

    public static Reply OtherShare(string name, Share asked, string has) =>
        Wrong("mode", $"is {Text(asked)}, but this holder {has}: give lock '{name}' back first, or ask with another holderId");

    public static Reply OtherKind(string name, Share use, Share asked) =>
        Wrong("mode", $"is {NameOf(asked.Mode)}, but lock '{name}' is in use as {(use.IsSemaphore ? $"a semaphore with limit {use.Limit}" : $"a lock ({NameOf(use.Mode)})")}: it is one or the other until nobody has it or waits for it");

    public static Reply OtherLimit(string name, Share use, Share asked) =>
        Wrong("limit", $"is {asked.Limit}, but lock '{name}' is in use with limit {use.Limit}: it is the same for all who have it or wait for it");

    public static Reply NotUpgradeable(string name, Holder holder, LockBook book) => holder.Share.Mode == LockMode.Shared && book.Holders.Any(h => h.Share.Mode == LockMode.Upgradeable)
        ? Replies.Failure(ErrorCode.UpgradeConflict, $"lock '{name}': only the upgradeable holder can be upgraded, and that is another one")
        : Wrong("fence", $"is of a holding that is {NameOf(holder.Share.Mode)}; only an upgradeable one can be upgraded");

    public static Reply UpgradesAlready(string name) => Replies.Failure(ErrorCode.UpgradeConflict, $"lock '{name}': this holding waits to be upgraded already, for another request");

    public static string Text(Share share) => share.IsSemaphore ? $"semaphore ({share.Permits} of {share.Limit})" : NameOf(share.Mode);

    public static Reply SessionGone(string sessionId) =>
        Replies.Failure(ErrorCode.SessionExpired, $"session '{sessionId}' has ended or never was", Replies.Details(("sessionId", sessionId)));

    private static string NameOf(LockMode mode) => mode switch
    {
        LockMode.Exclusive => "exclusive",
        LockMode.Shared => "shared",
        LockMode.Upgradeable => "upgradeable",
        LockMode.Semaphore => "semaphore",
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    private static double SecondsSince(long sinceMs, long nowMs) => Math.Max(0, nowMs - sinceMs) / 1000.0;
}
