using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Locks;

/// <summary>Who has a lock.</summary>
internal sealed record Holder(string SessionId, string HolderId, string RequestId, LockMode Mode, long Fence, string Label, long SinceMs);

/// <summary>Who waits for it.</summary>
internal sealed record Waiter(string SessionId, string HolderId, string RequestId, LockMode Mode, string Label, ByteString PayloadHash, long SinceMs);

/// <summary>The durable state of a lock: holders, the queue, and the last fence given. It throws rather than fold what would be two grants.</summary>
internal sealed class LockBook(string name)
{
    private readonly List<Holder> holders = [];
    private readonly List<Waiter> queue = [];

    public long LastFence { get; private set; }

    public IReadOnlyList<Holder> Holders => holders;

    public IReadOnlyList<Waiter> Queue => queue;

    public Holder? Held(string sessionId, string holderId) => holders.Find(h => h.SessionId == sessionId && h.HolderId == holderId);

    public Waiter? Waiting(string requestId) => queue.Find(w => w.RequestId == requestId);

    public int PositionOf(string requestId) => queue.FindIndex(w => w.RequestId == requestId) + 1;

    public bool HasAnyOf(string sessionId) => holders.Exists(h => h.SessionId == sessionId) || queue.Exists(w => w.SessionId == sessionId);

    public IEnumerable<string> Sessions => holders.Select(h => h.SessionId).Concat(queue.Select(w => w.SessionId)).Distinct(StringComparer.Ordinal);

    public void Apply(Event @event, Stamp stamp, bool fenceGrowth)
    {
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.LockGranted:
                var grant = @event.LockGranted;
                if (holders.Count > 0) throw new InvalidHistoryException($"lock '{name}' was granted while it was held");
                if (fenceGrowth && grant.Fence != LastFence + 1) throw new InvalidHistoryException($"lock '{name}': fence {grant.Fence} follows {LastFence}");
                queue.RemoveAll(w => w.RequestId == grant.RequestId);
                holders.Add(HolderOf(grant, stamp.TimeMs));
                LastFence = grant.Fence;
                break;
            case Event.BodyOneofCase.LockEnqueued:
                if (Waiting(@event.LockEnqueued.RequestId) is not null) throw new InvalidHistoryException($"lock '{name}': a request waits twice");
                queue.Add(WaiterOf(@event.LockEnqueued, stamp.TimeMs));
                break;
            case Event.BodyOneofCase.LockWaiterLeft:
                if (queue.RemoveAll(w => w.RequestId == @event.LockWaiterLeft.RequestId) != 1) throw new InvalidHistoryException($"lock '{name}': nobody left the queue");
                break;
            case Event.BodyOneofCase.LockReleased:
                if (holders.RemoveAll(h => h.Fence == @event.LockReleased.Fence) != 1) throw new InvalidHistoryException($"lock '{name}' was released by nobody");
                break;
            default: throw new InvalidHistoryException($"a lock has no {@event.BodyCase}");
        }
    }

    public void Restore(LockSnapshot snapshot)
    {
        LastFence = snapshot.LastFence;
        holders.AddRange(snapshot.Holders.Select(h => HolderOf(h.Grant, h.SinceMs)));
        queue.AddRange(snapshot.Waiters.Select(w => WaiterOf(w.Waiter, w.SinceMs)));
    }

    public LockSnapshot Save()
    {
        var snapshot = new LockSnapshot { LastFence = LastFence };
        snapshot.Holders.AddRange(holders.Select(h => new StoredHolder { Grant = GrantOf(h), SinceMs = h.SinceMs }));
        snapshot.Waiters.AddRange(queue.Select(w => new StoredWaiter { Waiter = EnqueuedOf(w), SinceMs = w.SinceMs }));
        return snapshot;
    }

    public static LockGranted GrantOf(Holder h) => new()
    {
        SessionId = h.SessionId, HolderId = h.HolderId, RequestId = h.RequestId, Mode = h.Mode, Fence = h.Fence, Label = h.Label,
    };

    private static LockEnqueued EnqueuedOf(Waiter w) => new()
    {
        SessionId = w.SessionId, HolderId = w.HolderId, RequestId = w.RequestId, Mode = w.Mode, Label = w.Label, PayloadHash = w.PayloadHash,
    };

    private static Holder HolderOf(LockGranted g, long sinceMs) => new(g.SessionId, g.HolderId, g.RequestId, g.Mode, g.Fence, g.Label, sinceMs);

    private static Waiter WaiterOf(LockEnqueued w, long sinceMs) => new(w.SessionId, w.HolderId, w.RequestId, w.Mode, w.Label, w.PayloadHash, sinceMs);
}
