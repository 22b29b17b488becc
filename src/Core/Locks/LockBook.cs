using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>The durable state of a lock: holders, the queue, and the last fence given. It throws rather than fold what would be two grants.</summary>
internal sealed class LockBook(string name, RuleSwitches rules)
{
    private readonly List<Holder> holders = [];
    private readonly List<Waiter> queue = [];
    private readonly List<Loss> losses = [];
    private readonly Dictionary<(string SessionId, string HolderId), Holder> held = [];
    private readonly Dictionary<string, Waiter> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> ofSession = new(StringComparer.Ordinal);
    private Room room;
    private long floor;

    public long LastFence { get; private set; }

    public long NextFence => rules.FenceGrowth ? Math.Max(LastFence, floor) + 1 : Math.Max(1, LastFence);

    public IReadOnlyList<Holder> Holders => holders;

    public IReadOnlyList<Waiter> Queue => queue;

    public IReadOnlyList<Loss> Losses => losses;

    /// <summary>Before all of the queue.</summary>
    public WaitingUpgrade? Upgrade { get; private set; }

    /// <summary>All who wait.</summary>
    public int Waiters => queue.Count + (Upgrade is null ? 0 : 1);

    public bool IsFree => holders.Count == 0 && queue.Count == 0;

    /// <summary>As what the lock is used just now: by those who have it or, before them, wait for it.</summary>
    public Share? Use => holders.Count > 0 ? holders[0].Share : queue.Count > 0 ? queue[0].Share : null;

    public Holder? Held(string sessionId, string holderId) => held.GetValueOrDefault((sessionId, holderId));

    public Holder? Holding(long fence) => holders.Find(h => h.Fence == fence);

    public Waiter? Waiting(string requestId) => waiting.GetValueOrDefault(requestId);

    /// <summary>From 1 on; 0: it does not wait.</summary>
    public int PositionOf(string requestId) =>
        Upgrade?.RequestId == requestId ? 1 : waiting.ContainsKey(requestId) ? queue.FindIndex(w => w.RequestId == requestId) + 1 + (Waiters - queue.Count) : 0;

    public bool HasAnyOf(string sessionId) => ofSession.ContainsKey(sessionId);

    public IEnumerable<string> Sessions => ofSession.Keys;

    public bool HasRoomFor(Share share) => !rules.LockModes || room.Fits(share);

    /// <summary>Those at the front of the queue who fit in together now.</summary>
    public IEnumerable<Waiter> Next()
    {
        var left = room;
        foreach (var waiter in queue)
        {
            if (rules.LockModes && !left.Fits(waiter.Share))
            {
                if (rules.LockFifo) yield break;
                continue;
            }
            left.Take(waiter.Share);
            yield return waiter;
        }
    }

    public void Apply(Event @event, Stamp stamp)
    {
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.LockGranted: Grant(@event.LockGranted, stamp.TimeMs); break;
            case Event.BodyOneofCase.LockEnqueued:
                if (Waiting(@event.LockEnqueued.RequestId) is not null) throw new InvalidHistoryException($"lock '{name}': a request waits twice");
                Add(Waiter.Of(@event.LockEnqueued, stamp.TimeMs));
                break;
            case Event.BodyOneofCase.LockWaiterLeft: Leave(@event.LockWaiterLeft.RequestId); break;
            case Event.BodyOneofCase.LockReleased: Release(@event.LockReleased); break;
            case Event.BodyOneofCase.LockUpgradeAsked:
                if (Upgrade is not null || Holding(@event.LockUpgradeAsked.Fence)?.Share.Mode != LockMode.Upgradeable)
                    throw new InvalidHistoryException($"lock '{name}': nobody who could be upgraded asked for it");
                SetUpgrade(WaitingUpgrade.Of(@event.LockUpgradeAsked, stamp.TimeMs));
                break;
            case Event.BodyOneofCase.LockUpgraded: ApplyUpgrade(@event.LockUpgraded); break;
            case Event.BodyOneofCase.LockRestored:
                if (LastFence > 0 || !IsFree) throw new InvalidHistoryException($"lock '{name}' was restored over fence {LastFence}");
                LastFence = @event.LockRestored.LastFence;
                break;
            case Event.BodyOneofCase.LockReEntered: Tell(@event.LockReEntered); break;
            case Event.BodyOneofCase.LockRequestCancelled: Cancel(@event.LockRequestCancelled); break;
            case Event.BodyOneofCase.LockLossTold: losses.RemoveAll(l => l.Fence == @event.LockLossTold.Fence); break;
            default: throw new InvalidHistoryException($"a lock has no {@event.BodyCase}");
        }
    }

    private void Grant(LockGranted grant, long timeMs)
    {
        var holder = Holder.Of(grant, timeMs);
        if (!HasRoomFor(holder.Share)) throw new InvalidHistoryException($"lock '{name}' was granted ({holder.Share.Mode}) while it was held");
        CheckFence(grant.Fence);
        if (waiting.ContainsKey(grant.RequestId)) Remove(grant.RequestId);
        Add(holder);
        LastFence = grant.Fence;
    }

    private void Leave(string requestId)
    {
        if (Upgrade?.RequestId == requestId) SetUpgrade(null);
        else if (!Remove(requestId)) throw new InvalidHistoryException($"lock '{name}': nobody left the queue");
    }

    private void Release(LockReleased released)
    {
        var holder = Holding(released.Fence) ?? throw new InvalidHistoryException($"lock '{name}' was released by nobody");
        Remove(holder);
        if (Upgrade?.Fence == released.Fence) SetUpgrade(null);
        if (Reasons.IsForced(released.Reason)) losses.Add(new Loss(holder.SessionId, holder.Fence, released.Reason));
    }

    private void Tell(LockReEntered told)
    {
        if (Holding(told.Fence) is not { } holder || holder.Requests.Contains(told.RequestId)) throw new InvalidHistoryException($"lock '{name}': nobody new was told of fence {told.Fence}");
        Replace(holder, holder with { Requests = [.. holder.Requests, told.RequestId] });
    }

    private void Cancel(LockRequestCancelled cancelled)
    {
        if (Holding(cancelled.Fence) is not { Requests.Count: > 1 } holder || !holder.Requests.Contains(cancelled.RequestId))
            throw new InvalidHistoryException($"lock '{name}': fence {cancelled.Fence} is not held for that request and for others");
        Replace(holder, holder with { Requests = [.. holder.Requests.Where(r => r != cancelled.RequestId)] });
    }

    private void ApplyUpgrade(LockUpgraded upgraded)
    {
        var holder = Holding(upgraded.Fence);
        if (holder?.Share.Mode != LockMode.Upgradeable || (rules.LockModes && holders.Count > 1)) throw new InvalidHistoryException($"lock '{name}': fence {upgraded.Fence} was upgraded while others held it");
        CheckFence(upgraded.NewFence);
        Remove(holder);
        SetUpgrade(null);
        Add(holder with { Fence = upgraded.NewFence, Share = Share.Of(LockMode.Exclusive, 0, 0), UpgradedBy = upgraded.RequestId });
        LastFence = upgraded.NewFence;
    }

    /// <summary>Fences up to here may have been given out before a backup was restored: none is given again. In memory only: before anything is granted, a session's slot has been asked, which has stored it; and nobody takes locks while a backup is restored.</summary>
    public void RaiseFloor(long to) => floor = Math.Max(floor, to);

    private void CheckFence(long fence)
    {
        if (rules.FenceGrowth && fence <= LastFence) throw new InvalidHistoryException($"lock '{name}': fence {fence} follows {LastFence}");
    }

    private void SetUpgrade(WaitingUpgrade? upgrade)
    {
        Upgrade = upgrade;
        room.IsUpgrading = upgrade is not null;
    }

    private void Add(Holder holder)
    {
        holders.Add(holder);
        held[(holder.SessionId, holder.HolderId)] = holder;
        room.Take(holder.Share);
        Count(holder.SessionId, 1);
    }

    private void Replace(Holder holder, Holder by)
    {
        holders[holders.IndexOf(holder)] = by;
        held[(holder.SessionId, holder.HolderId)] = by;
    }

    private void Remove(Holder holder)
    {
        holders.Remove(holder);
        held.Remove((holder.SessionId, holder.HolderId));
        room.Give(holder.Share);
        Count(holder.SessionId, -1);
    }

    private void Add(Waiter waiter)
    {
        queue.Add(waiter);
        waiting[waiter.RequestId] = waiter;
        Count(waiter.SessionId, 1);
    }

    private bool Remove(string requestId)
    {
        if (!waiting.Remove(requestId, out var waiter)) return false;
        queue.Remove(waiter);
        Count(waiter.SessionId, -1);
        return true;
    }

    private void Count(string sessionId, int change)
    {
        var now = ofSession.GetValueOrDefault(sessionId) + change;
        if (now == 0) ofSession.Remove(sessionId);
        else ofSession[sessionId] = now;
    }

    public void Restore(LockSnapshot snapshot)
    {
        LastFence = snapshot.LastFence;
        foreach (var holder in snapshot.Holders) Add(Holder.Of(holder));
        foreach (var waiter in snapshot.Waiters) Add(Waiter.Of(waiter));
        if (snapshot.Upgrade is { } upgrade) SetUpgrade(WaitingUpgrade.Of(upgrade));
        losses.AddRange(snapshot.Losses.Select(Loss.Of));
    }

    public LockSnapshot Save()
    {
        var snapshot = new LockSnapshot { LastFence = LastFence, Upgrade = Upgrade?.Stored };
        snapshot.Holders.AddRange(holders.Select(h => h.Stored));
        snapshot.Waiters.AddRange(queue.Select(w => w.Stored));
        snapshot.Losses.AddRange(losses.Select(l => l.Stored));
        return snapshot;
    }
}
