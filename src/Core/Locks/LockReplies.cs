using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Core.Locks;

/// <summary>What a lock answers.</summary>
internal static class LockReplies
{
    public static Reply Granted(string name, Holder holder) => new()
    {
        LockGrant = new LockGrant { Name = name, Fence = holder.Fence, Mode = holder.Mode, SessionId = holder.SessionId, HolderId = holder.HolderId },
    };

    public static Reply State(string name, LockBook book, long nowMs)
    {
        var state = new LockState { Name = name, LastFence = book.LastFence };
        state.Holders.AddRange(book.Holders.Select(h => new LockHolder
        {
            SessionId = h.SessionId, HolderId = h.HolderId, Label = h.Label, Mode = h.Mode, Fence = h.Fence, HeldSeconds = SecondsSince(h.SinceMs, nowMs),
        }));
        state.Waiters.AddRange(book.Queue.Select((w, i) => new LockWaiter
        {
            SessionId = w.SessionId, HolderId = w.HolderId, Label = w.Label, Mode = w.Mode, Position = i + 1, WaitingSeconds = SecondsSince(w.SinceMs, nowMs),
        }));
        return new Reply { Lock = state };
    }

    /// <summary>Details name the holders, how many others wait, and the place of the asker: the one it has, or would have had.</summary>
    public static Reply Held(string name, LockBook book, string requestId, string why, long nowMs)
    {
        var details = new Struct();
        details.Fields["holders"] = Value.ForList([.. book.Holders.Select(h => Value.ForStruct(new Struct
        {
            Fields =
            {
                ["sessionId"] = Value.ForString(h.SessionId), ["holderId"] = Value.ForString(h.HolderId), ["label"] = Value.ForString(h.Label),
                ["mode"] = Value.ForString(NameOf(h.Mode)), ["fence"] = Value.ForString(h.Fence.ToString(CultureInfo.InvariantCulture)),
                ["heldSeconds"] = Value.ForNumber(SecondsSince(h.SinceMs, nowMs)),
            },
        }))]);
        var position = book.PositionOf(requestId);
        details.Fields["waiters"] = Value.ForNumber(position > 0 ? book.Queue.Count - 1 : book.Queue.Count);
        details.Fields["position"] = Value.ForNumber(position > 0 ? position : book.Queue.Count + 1);
        return Replies.Failure(ErrorCode.LockHeld, $"lock '{name}' {why}", details);
    }

    public static Reply Stale(string name, long fence, LockBook book) =>
        Replies.Failure(ErrorCode.FenceStale, $"lock '{name}' is not held by this session with fence {fence}; the last fence given is {book.LastFence}",
            Replies.Details(("lastFence", book.LastFence.ToString(CultureInfo.InvariantCulture))));

    public static Reply OtherPayload() => Replies.Failure(ErrorCode.InvalidArgument, "requestId was used before with another payload");

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
