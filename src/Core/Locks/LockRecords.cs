using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Core.Locks;

/// <summary>Who has a lock. Once upgraded, it has it exclusively, and says by which request.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="HolderId">One holder of it.</param>
/// <param name="Requests">By which it came, and which were told of it since. The holding is that of each of them.</param>
/// <param name="Share">What of the lock it has.</param>
/// <param name="Fence">Of this holding.</param>
/// <param name="Label">For people.</param>
/// <param name="FlowId">By which its waits elsewhere are known.</param>
/// <param name="SinceMs">In Unix milliseconds of the row.</param>
/// <param name="UpgradedBy">Which request; empty: it was not.</param>
internal sealed record Holder(
    string SessionId, string HolderId, IReadOnlyList<string> Requests, Share Share, long Fence, string Label, string FlowId, long SinceMs, string UpgradedBy = "")
{
    public static Holder Of(LockGranted g, long sinceMs) => new(g.SessionId, g.HolderId, [g.RequestId], Share.Of(g.Mode, g.Permits, g.Limit), g.Fence, g.Label, g.FlowId, sinceMs);

    public static Holder Of(StoredHolder stored) => Of(stored.Grant, stored.SinceMs) with { UpgradedBy = stored.UpgradedBy, Requests = [stored.Grant.RequestId, .. stored.OtherRequests] };

    /// <summary>It has been told to as many as are kept: who else was, nobody knows.</summary>
    public bool IsToldToMany => Requests.Count >= Limits.RequestsPerHolding;

    public StoredHolder Stored => new()
    {
        SinceMs = SinceMs, UpgradedBy = UpgradedBy, OtherRequests = { Requests.Skip(1) },
        Grant = new LockGranted
        {
            SessionId = SessionId, HolderId = HolderId, RequestId = Requests[0], Mode = Share.Mode, Fence = Fence, Label = Label, Permits = Share.Permits, Limit = Share.Limit, FlowId = FlowId,
        },
    };
}

/// <summary>Who waits for it.</summary>
internal sealed record Waiter(string SessionId, string HolderId, string RequestId, Share Share, string Label, string FlowId, ByteString PayloadHash, long SinceMs)
{
    public static Waiter Of(LockEnqueued w, long sinceMs) => new(w.SessionId, w.HolderId, w.RequestId, Share.Of(w.Mode, w.Permits, w.Limit), w.Label, w.FlowId, w.PayloadHash, sinceMs);

    public static Waiter Of(StoredWaiter stored) => Of(stored.Waiter, stored.SinceMs);

    public StoredWaiter Stored => new()
    {
        SinceMs = SinceMs,
        Waiter = new LockEnqueued
        {
            SessionId = SessionId, HolderId = HolderId, RequestId = RequestId, Mode = Share.Mode, Label = Label, PayloadHash = PayloadHash, Permits = Share.Permits, Limit = Share.Limit, FlowId = FlowId,
        },
    };
}

/// <summary>That the upgradeable holder with this fence waits to be the only one.</summary>
internal sealed record WaitingUpgrade(long Fence, string RequestId, ByteString PayloadHash, long SinceMs)
{
    public static WaitingUpgrade Of(LockUpgradeAsked u, long sinceMs) => new(u.Fence, u.RequestId, u.PayloadHash, sinceMs);

    public static WaitingUpgrade Of(StoredUpgrade stored) => Of(stored.Asked, stored.SinceMs);

    public StoredUpgrade Stored => new() { SinceMs = SinceMs, Asked = new LockUpgradeAsked { Fence = Fence, RequestId = RequestId, PayloadHash = PayloadHash } };
}

/// <summary>That a holding was ended by force, of which its holder has not heard yet.</summary>
internal sealed record Loss(string SessionId, long Fence, string Reason)
{
    public static Loss Of(StoredLoss stored) => new(stored.SessionId, stored.Fence, stored.Reason);

    public StoredLoss Stored => new() { SessionId = SessionId, Fence = Fence, Reason = Reason };
}
