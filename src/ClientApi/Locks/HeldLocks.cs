namespace AkkaHa.ClientApi.Locks;

/// <summary>
/// The locks that hang on one session, so that a server can say of one of them that it is gone while the session lives. What is said before the grant has come through is remembered:
/// it may have overtaken it.
/// </summary>
internal sealed class HeldLocks
{
    private const int RememberedAtMost = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, long Fence), AcquiredLock> _held = [];
    private readonly HashSet<(string Name, long Fence)> _gone = [];
    private readonly Queue<(string Name, long Fence)> _goneInOrder = [];
    private bool _allGone;

    /// <summary>From now on it hears of its loss; at once, if that was said already.</summary>
    public void Add(AcquiredLock held, Fence fence)
    {
        lock (_gate)
        {
            _held[(held.Name, fence)] = held;
            if (!_allGone && !_gone.Contains((held.Name, fence))) return;
        }
        held.MarkLost();
    }

    public void Remove(AcquiredLock held, Fence fence)
    {
        lock (_gate) RemoveFrom(held, fence);
    }

    /// <summary>It was upgraded: the old grant is over, and that is no loss.</summary>
    public void Replace(AcquiredLock held, Fence from, Fence to)
    {
        lock (_gate)
        {
            RemoveFrom(held, from);
            Add(held, to);
        }
    }

    private void RemoveFrom(AcquiredLock held, Fence fence)
    {
        if (_held.TryGetValue((held.Name, fence), out var known) && known == held) _held.Remove((held.Name, fence));
    }

    /// <summary>A server says that this grant is over.</summary>
    public void HasGone(string name, Fence fence)
    {
        AcquiredLock? held;
        lock (_gate)
        {
            if (_gone.Add((name, fence)))
            {
                _goneInOrder.Enqueue((name, fence));
                if (_goneInOrder.Count > RememberedAtMost) _gone.Remove(_goneInOrder.Dequeue());
            }
            _held.TryGetValue((name, fence), out held);
        }
        held?.MarkLost();
    }

    /// <summary>The session is lost, and all with it. Each hears of it by itself: no user's callback on one of them is in the way of another.</summary>
    public void HaveAllGone()
    {
        AcquiredLock[] held;
        lock (_gate)
        {
            _allGone = true;
            held = [.. _held.Values];
        }
        foreach (var one in held) one.MarkLost();
    }
}
