using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Sessions;

/// <summary>The acquireAlls of one slot, as the rows have them: those under way, and those granted within the time that an outcome is remembered, since they may be taken back.</summary>
internal sealed class MultiLockBook(RuleSwitches rules)
{
    private readonly Dictionary<string, MultiLock> works = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MultiLockLeg> legs = new(StringComparer.Ordinal);
    private readonly HashSet<MultiLock> open = [];
    private readonly Queue<MultiLock> granted = new();

    public IEnumerable<MultiLock> All => works.Values;

    /// <summary>Those under way: few, however many were granted of late.</summary>
    public IReadOnlyCollection<MultiLock> Open => open;

    public MultiLock? Find(string requestId) => works.GetValueOrDefault(requestId);

    public MultiLockLeg? Leg(string requestId) => legs.GetValueOrDefault(requestId);

    public IEnumerable<MultiLock> OpenOf(string sessionId) => open.Where(w => w.Started.SessionId == sessionId);

    public void Record(Event @event, Turn turn)
    {
        if (rules.OpenWorkPersisted) turn.Emit(@event);
        else Apply(@event, turn.Stamp);
    }

    /// <summary>Whether the next row of this time forgets it: it was granted longer ago than an outcome is remembered, and nobody has begun to take it back.</summary>
    public static bool IsForgotten(MultiLock work, long timeMs) => !work.IsOpen && IsPast(work, timeMs);

    private static bool IsPast(MultiLock granted, long timeMs) => granted.GrantedMs < timeMs - (Limits.OutcomeSeconds * 1000L);

    /// <summary>Folds one of an acquireAll's events; false when it is none.</summary>
    public bool Apply(Event @event, Stamp stamp)
    {
        while (granted.TryPeek(out var oldest) && IsPast(oldest, stamp.TimeMs))
        {
            granted.Dequeue();
            if (!oldest.IsOpen && works.GetValueOrDefault(oldest.RequestId) == oldest) Remove(oldest);
        }
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.MultiLockStarted:
                if (Find(@event.MultiLockStarted.RequestId) is { } before)
                {
                    if (before.IsOpen) throw new InvalidHistoryException($"acquireAll {before.RequestId} was begun twice");
                    Remove(before);
                }
                Add(new MultiLock(@event.MultiLockStarted, stamp.SequenceNr, stamp.TimeMs));
                return true;
            case Event.BodyOneofCase.MultiLockRenewed:
                foreach (var leg in UnderWay(@event.MultiLockRenewed.RequestId).Legs.Skip(@event.MultiLockRenewed.FromPlace)) Renew(leg, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.MultiLockUndoing:
                var undone = Find(@event.MultiLockUndoing.RequestId);
                if (undone is null || undone.Undoing is not null) throw new InvalidHistoryException($"acquireAll {@event.MultiLockUndoing.RequestId} is undone without being there");
                undone.Undoing = @event.MultiLockUndoing;
                open.Add(undone);
                return true;
            case Event.BodyOneofCase.MultiLockEnded:
                var ended = UnderWay(@event.MultiLockEnded.RequestId);
                if (!@event.MultiLockEnded.Granted) Remove(ended);
                else if (ended.Undoing is not null) throw new InvalidHistoryException($"acquireAll {ended.RequestId} was granted while it was undone");
                else Grant(ended, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.SessionEnded:
                // Its locks are told by the slot, as of every session.
                foreach (var work in works.Values.Where(w => w.Started.SessionId == @event.SessionEnded.SessionId).ToArray()) Remove(work);
                return false;
            default:
                return false;
        }
    }

    public void Restore(IEnumerable<StoredMultiLock> stored)
    {
        foreach (var one in stored.OrderBy(s => s.GrantedMs))
        {
            var work = new MultiLock(one.Started, one.SequenceNr, 0);
            for (var i = 0; i < work.Legs.Count; i++) work.Legs[i].Renew(one.IssuedMs[i]);
            work.Undoing = one.Undoing;
            Add(work);
            if (one.GrantedMs > 0) Grant(work, one.GrantedMs);
        }
    }

    public IEnumerable<StoredMultiLock> Save() => works.Values.Select(w => new StoredMultiLock
    {
        Started = w.Started, SequenceNr = w.SequenceNr, IssuedMs = { w.Legs.Select(l => l.IssuedMs) }, Undoing = w.Undoing, GrantedMs = w.GrantedMs,
    });

    private MultiLock UnderWay(string requestId) =>
        Find(requestId) is { IsOpen: true } work ? work : throw new InvalidHistoryException($"acquireAll {requestId} is not under way");

    private void Grant(MultiLock work, long timeMs)
    {
        work.GrantedMs = timeMs;
        granted.Enqueue(work);
        if (!work.IsOpen) open.Remove(work);
    }

    private void Renew(MultiLockLeg leg, long timeMs)
    {
        legs.Remove(leg.RequestId);
        leg.Renew(timeMs);
        legs[leg.RequestId] = leg;
    }

    private void Add(MultiLock work)
    {
        works.Add(work.RequestId, work);
        open.Add(work);
        foreach (var leg in work.Legs) legs.Add(leg.RequestId, leg);
    }

    private void Remove(MultiLock work)
    {
        works.Remove(work.RequestId);
        open.Remove(work);
        foreach (var leg in work.Legs) legs.Remove(leg.RequestId);
    }
}
