using System.Collections.Concurrent;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Eventual;

/// <summary>What the actors of eventual data and those who call them share, of one incarnation.</summary>
internal sealed class EventualParts(NodeSettings settings, string incarnation)
{
    private readonly ConcurrentDictionary<int, long> changed = new();
    private volatile ClusterClock clock = ClusterClock.Alone;
    private volatile bool loaded;
    private int lives;

    public string FilePath { get; } = BucketFile.PathOf(settings.DataDirectory, settings.Remote.Port);

    /// <summary>Who this is to be found as; a file that was copied from elsewhere was another's.</summary>
    public string Address { get; } = $"{settings.Remote.Host}:{settings.Remote.Port}";

    public EventualRules Rules { get; } = EventualRules.AllOn;

    /// <summary>For how long changes wait.</summary>
    public EventualLag Lag { get; } = new();

    /// <summary>Who makes changes here.</summary>
    public ReplicaId Replica { get; private set; }

    /// <summary>The file has been read: before that nothing is known, and nothing may be changed.</summary>
    public bool IsLoaded => loaded;

    /// <summary>Why there is nothing to be had here, or what was changed is not being stored; null: all is well.</summary>
    public string? Trouble { get; set; } = "reading the file of eventual data";

    /// <summary>The time for a write.</summary>
    public long NowMs => clock.Now(OwnMs, Limits.EventualClockAheadMs);

    public static long OwnMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>Another than any before.</summary>
    public ReplicaId FreshReplica() => new(StableHash.Of($"{incarnation}/{Interlocked.Increment(ref lives)}"));

    public void Begin(ReplicaId replica)
    {
        Replica = replica;
        Trouble = null;
        loaded = true;
    }

    /// <summary>The store has ended; should the replicator start again, it reads its file again.</summary>
    public void End()
    {
        loaded = false;
        Trouble = "its store has ended, and may begin again";
    }

    /// <summary>Whether another node's clock has been heard of.</summary>
    public bool HasHeardClocks => clock.Offsets.Count > 0;

    public void Heard(string node, long itsMs, IReadOnlySet<string> among) => clock = clock.Heard(node, itsMs, OwnMs).Among(among);

    /// <summary>Noted, so that it can be sent again to who was cut off.</summary>
    public void Changed(int bucket)
    {
        changed[bucket] = Environment.TickCount64;
        Lag.Changed(Environment.TickCount64);
    }

    /// <summary>A member can't be reached; what was changed since then may have been missed by it.</summary>
    public void Cut(long tick) => Lag.Cut(changed.Values.Where(at => at >= tick).Select(at => (long?)at).Min());

    public IReadOnlyList<int> ChangedSince(long tick) => [.. changed.Where(c => c.Value >= tick).Select(c => c.Key)];
}
