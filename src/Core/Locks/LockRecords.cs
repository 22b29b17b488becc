using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Core.Locks;

/// <summary>Who has a lock. Once upgraded, it has it exclusively, and says by which request.</summary>
internal sealed record Holder(string SessionId, string HolderId, string RequestId, Share Share, long Fence, string Label, string FlowId, long SinceMs, string UpgradedBy = "")
{
    public static Holder Of(LockGranted g, long sinceMs) => new(g.SessionId, g.HolderId, g.RequestId, Share.Of(g.Mode, g.Permits, g.Limit), g.Fence, g.Label, g.FlowId, sinceMs);

    public static Holder Of(StoredHolder stored) => Of(stored.Grant, stored.SinceMs) with { UpgradedBy = stored.UpgradedBy };

    public StoredHolder Stored => new()
    {
        SinceMs = SinceMs, UpgradedBy = UpgradedBy,
        Grant = new LockGranted
        {
            SessionId = SessionId, HolderId = HolderId, RequestId = RequestId, Mode = Share.Mode, Fence = Fence, Label = Label, Permits = Share.Permits, Limit = Share.Limit, FlowId = FlowId,
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
