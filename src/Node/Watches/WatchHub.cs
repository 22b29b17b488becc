using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Metrics;

namespace AkkaHa.Node.Watches;

/// <summary>
/// Hands the changes that the journal's one tail reads to all who watch through this node. Watchers of the same prefix are one group: a change is looked up once for each length of prefix that
/// somebody watches, not once for each watcher. Keeps the latest changes, so that whoever resumes from a moment ago needs no query.
/// </summary>
internal sealed class WatchHub(bool postgres)
{
    private const int MostRecent = 10_000;
    private const long MostRecentBytes = 16 * 1024 * 1024;

    /// <summary>Each watcher hears at least every so many ticks where the stream is.</summary>
    private const int HeartbeatTicks = 3;

    private readonly Lock gate = new();
    private readonly Dictionary<string, HashSet<Watcher>> byPrefix = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Watcher>> byKey = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, int> prefixLengths = [];
    private readonly Queue<WatchItem> recent = new();
    private readonly HashSet<Watcher>[] heartbeats = [.. Enumerable.Range(0, HeartbeatTicks).Select(_ => new HashSet<Watcher>())];
    private long recentBytes;
    private WatchPosition recentFrom;
    private JournalPosition? position;
    private int count;
    private int tick;
    private Failure? stopped;

    public bool HasWatchers => Volatile.Read(ref count) > 0;

    public int Count => Volatile.Read(ref count);

    /// <summary>The tail begins, or begins anew, here.</summary>
    public void Begin(JournalPosition at)
    {
        lock (gate)
        {
            (position, recentFrom, recentBytes) = (at, new WatchPosition(at), 0);
            recent.Clear();
        }
    }

    /// <summary>The tail ends, if nobody watches: who comes now has to ask for another.</summary>
    public bool TrySuspend()
    {
        lock (gate)
        {
            if (count > 0) return false;
            position = null;
            recent.Clear();
            return true;
        }
    }

    /// <summary>The tail has read up to here, and these changes on the way.</summary>
    /// <returns>How many it gave, each to each who watches it.</returns>
    public int Publish(IReadOnlyList<WatchItem> items, JournalPosition upTo)
    {
        lock (gate)
        {
            var (behind, given) = (new List<Watcher>(), 0);
            foreach (var item in items)
            {
                Remember(item);
                given += Give(byKey, item.Key, item, behind);
                foreach (var length in prefixLengths.Keys)
                {
                    if (length > item.Key.Length) break;
                    given += Give(byPrefix, item.Key.AsSpan(0, length), item, behind);
                }
            }
            foreach (var watcher in behind) Remove(watcher);
            position = upTo;
            return given;
        }
    }

    /// <summary>
    /// Puts the watcher on the live stream, after this position. False: the stream is further on already than what is kept in memory; the watcher has to read on by itself.
    /// Null: wherever the stream is. What it is at is said in any case.
    /// </summary>
    public bool TryJoin(Watcher watcher, WatchPosition? after, out WatchPosition at)
    {
        lock (gate)
        {
            at = new WatchPosition(position ?? JournalPosition.Start);
            if (stopped is not null) watcher.End(stopped);
            if (position is null || after > at) return false;
            if (after is { } from && from < at)
            {
                if (from < recentFrom) return false;
                var missed = recent.Where(i => i.Position > from && watcher.Watched.Has(i.Key)).ToArray();
                // Reading it from the journal has no bound but the client's own speed.
                if (missed.Length > Limits.WatchBufferEvents / 2 || missed.Sum(i => (long)i.Bytes) > Limits.WatchBufferBytes / 2) return false;
                foreach (var item in missed) watcher.TryAdd(item);
            }
            if (count >= Limits.WatchersPerNode) throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"{Limits.WatchersPerNode} watches go through this node already"));
            Enter(watcher);
            return true;
        }
    }

    public void Leave(Watcher watcher)
    {
        lock (gate) Remove(watcher);
    }

    /// <summary>About once a second: a part of the watchers, each time another, hears how far the stream is. To be called when the tail has just read.</summary>
    public void Tick()
    {
        lock (gate)
        {
            if (position is not { } at) return;
            var heartbeat = WatchItem.Heartbeat(new WatchPosition(at), postgres);
            foreach (var watcher in heartbeats[tick++ % HeartbeatTicks])
                if (watcher.IsEmpty) watcher.TryAdd(heartbeat);
        }
    }

    /// <summary>Ends all watches.</summary>
    public void EndAll(Failure why, bool forGood = false)
    {
        lock (gate)
        {
            if (forGood) stopped = why;
            position = null;
            foreach (var watcher in heartbeats.SelectMany(h => h).ToArray())
            {
                watcher.End(why);
                Remove(watcher);
            }
        }
    }

    private static int Give(Dictionary<string, HashSet<Watcher>> groups, ReadOnlySpan<char> name, WatchItem item, List<Watcher> behind)
    {
        if (!groups.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var group)) return 0;
        foreach (var watcher in group)
        {
            if (watcher.Ended is not null || watcher.TryAdd(item)) continue;
            watcher.End(Refusals.Of(ErrorCode.Unavailable,
                $"more than {Limits.WatchBufferEvents} changes or {Limits.WatchBufferBytes} bytes wait to be taken: this watch is too slow, and can go on from details.position"));
            behind.Add(watcher);
        }
        return group.Count;
    }

    private void Remember(WatchItem item)
    {
        recent.Enqueue(item);
        recentBytes += item.Bytes;
        while (recent.Count > MostRecent || (recentBytes > MostRecentBytes && recent.Count > 1))
        {
            var gone = recent.Dequeue();
            recentBytes -= gone.Bytes;
            recentFrom = gone.Position;
        }
    }

    private void Enter(Watcher watcher)
    {
        var groups = watcher.Watched.Exact ? byKey : byPrefix;
        if (!groups.TryGetValue(watcher.Watched.Text, out var group))
        {
            groups[watcher.Watched.Text] = group = [];
            if (!watcher.Watched.Exact) prefixLengths[watcher.Watched.Text.Length] = prefixLengths.GetValueOrDefault(watcher.Watched.Text.Length) + 1;
        }
        group.Add(watcher);
        heartbeats[count % HeartbeatTicks].Add(watcher);
        count++;
        NodeMeter.Watches(1);
    }

    private void Remove(Watcher watcher)
    {
        if (!heartbeats.Any(h => h.Remove(watcher))) return;
        count--;
        NodeMeter.Watches(-1);
        var (groups, name) = (watcher.Watched.Exact ? byKey : byPrefix, watcher.Watched.Text);
        var group = groups[name];
        group.Remove(watcher);
        if (group.Count > 0) return;
        groups.Remove(name);
        if (watcher.Watched.Exact) return;
        if (--prefixLengths[name.Length] == 0) prefixLengths.Remove(name.Length);
    }
}
