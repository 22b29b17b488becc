using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Core.Sessions;

/// <summary>What an acquireAll is answered. Each refusal but that of an ended session says that nothing is held.</summary>
internal static class MultiLockReplies
{
    public static Reply Granted(MultiLock work)
    {
        var grants = work.Legs.ToDictionary(l => l.Wish.Name, l => l.Grant!, StringComparer.Ordinal);
        return new Reply { AcquireAllLocks = new AcquireAllLocksResponse { Locks = { work.Started.Locks.Select(w => grants[w.Name]) } } };
    }

    public static Reply Cancelled(bool tookBack) => new() { CancelAllLocks = new CancelAllLocksResponse { Cancelled = tookBack } };

    /// <summary>What one lock refused, which is named in the details too.</summary>
    public static Reply Refused(MultiLockLeg leg, Failure failure)
    {
        var details = failure.Details?.Clone() ?? new Struct();
        details.Fields["lock"] = Value.ForString(leg.Wish.Name);
        return Replies.Failure(failure.Code, $"{failure.Message}; none of the locks is held", details);
    }

    /// <summary>For now: what is there, and the place, wait for the next call.</summary>
    public static Reply NotYet(MultiLockLeg leg, Failure? failure)
    {
        var details = failure?.Details?.Clone() ?? new Struct();
        details.Fields["lock"] = Value.ForString(leg.Wish.Name);
        return Replies.Failure(ErrorCode.LockHeld, $"lock '{leg.Wish.Name}' was not free in time; what was got before it, and the place in its queue, are kept for the same request again", details);
    }

    public static Reply Silent(string name) =>
        Replies.Failure(ErrorCode.Unavailable, $"lock '{name}' did not say in time whether it is to be had; none of the locks is held", Replies.Details(("lock", name)));

    public static Reply NobodyWaits(MultiLock work) =>
        Replies.Failure(ErrorCode.LockHeld, "nobody came back for the locks in time; none of them is held", Replies.Details(("lock", (work.Next ?? work.Legs[0]).Wish.Name)));

    public static Reply TakenBack() => Replies.Failure(ErrorCode.LockHeld, "the locks were asked for by a request that is cancelled");
}
