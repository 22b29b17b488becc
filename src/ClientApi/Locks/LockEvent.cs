using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>What happened to a lock.</summary>
public enum LockEventType
{
    /// <summary>Somebody got it.</summary>
    Granted = 0,

    /// <summary>Its upgradeable holder became exclusive.</summary>
    Upgraded = 1,

    /// <summary>It was given back.</summary>
    Released = 2,

    /// <summary>Its holder's session has ended.</summary>
    Expired = 3,

    /// <summary>It was released by force.</summary>
    Forced = 4,
}

/// <summary>One grant of a lock, or the end of one.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Name">To which lock.</param>
/// <param name="Fence">The number of the grant that began or ended.</param>
/// <param name="Mode">How it is, or was, held.</param>
/// <param name="SessionId">The session that it hangs on.</param>
/// <param name="HolderId">Which holder in that session.</param>
/// <param name="Reason">Of a forced release: why; else empty.</param>
/// <param name="Position">Where to go on after this event: keep it when you have handled the event.</param>
public sealed record LockEvent(LockEventType Type, string Name, Fence Fence, LockMode Mode, string SessionId, string HolderId, string Reason, WatchPosition Position)
{
    /// <summary>Null: a heartbeat.</summary>
    internal static LockEvent? From(Wire.LockEvent e) => e.HasName
        ? new((LockEventType)e.Type, e.Name, new Fence(e.Fence), (LockMode)e.Mode, e.SessionId, e.HolderId, e.Reason, new WatchPosition(e.Position))
        : null;
}
