using AkkaHa.Core.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Watches;

/// <summary>What a row of a lock says to those who watch it.</summary>
internal static class LockEvents
{
    /// <summary>Each with its place.</summary>
    public static IEnumerable<(WatchPosition Position, LockEvent Event)> Of(JournalRow row, bool postgres)
    {
        var all = row.Envelope.Events.Select(Of).OfType<LockEvent>().ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            // Only after the last one is the row behind the reader.
            var position = new WatchPosition(row.Position, i == all.Length - 1 ? 0 : i + 1);
            all[i].Name = row.PersistenceId[(EntityId.LockKind.Length + 1)..];
            all[i].Position = position.Text(postgres);
            yield return (position, all[i]);
        }
    }

    public static LockEvent Heartbeat(WatchPosition position, bool postgres) => new() { Position = position.Text(postgres) };

    /// <summary>Null: nobody but the lock itself is concerned. Who waits is no event; that it is granted will be.</summary>
    private static LockEvent? Of(Event @event) => @event.BodyCase switch
    {
        Event.BodyOneofCase.LockGranted => new LockEvent
        {
            Type = LockEventType.Granted, Fence = @event.LockGranted.Fence, SessionId = @event.LockGranted.SessionId, HolderId = @event.LockGranted.HolderId, Mode = @event.LockGranted.Mode,
        },
        Event.BodyOneofCase.LockUpgraded => new LockEvent
        {
            Type = LockEventType.Upgraded, Fence = @event.LockUpgraded.NewFence, SessionId = @event.LockUpgraded.SessionId, HolderId = @event.LockUpgraded.HolderId, Mode = LockMode.Exclusive,
        },
        Event.BodyOneofCase.LockReleased => Released(@event.LockReleased),
        _ => null,
    };

    private static LockEvent Released(LockReleased released)
    {
        var @event = new LockEvent { Type = TypeOf(released.Reason), Fence = released.Fence };
        if (@event.Type == LockEventType.Forced) @event.Reason = released.Reason;
        // Rows of before do not say whose it was.
        if (released.SessionId.Length == 0) return @event;
        (@event.SessionId, @event.HolderId, @event.Mode) = (released.SessionId, released.HolderId, released.Mode);
        return @event;
    }

    private static LockEventType TypeOf(string reason) =>
        Reasons.IsForced(reason) ? LockEventType.Forced : reason == Reasons.SessionEnded ? LockEventType.Expired : LockEventType.Released;
}
