namespace AkkaHa.Cli.Demo;

/// <summary>
/// All that the workers learnt about the lock and the counter: every grant in the order of its arrival, every version of the counter that was
/// written or read, by revision. Safe for concurrent use.
/// </summary>
sealed class CounterHistory
{
    readonly Lock gate = new();
    readonly List<long> grants = [];
    readonly SortedDictionary<long, CounterValue> versions = [];
    readonly List<string> contradictions = [];
    int acknowledged;
    int unknown;
    int refused;

    /// <summary>Writes that were acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>Writes that may or may not have been made.</summary>
    public int Unknown => Volatile.Read(ref unknown);

    /// <summary>Writes that were refused because their fence was not the holder's any more.</summary>
    public int Refused => Volatile.Read(ref refused);

    /// <summary>How many grants there were.</summary>
    public int Grants
    {
        get
        {
            lock (gate) return grants.Count;
        }
    }

    /// <summary>How many versions of the counter are known.</summary>
    public int Versions
    {
        get
        {
            lock (gate) return versions.Count;
        }
    }

    /// <summary>A worker was granted the lock. (Under an exclusive lock the next grant is made after the holder before told of his.)</summary>
    public void Granted(long fence)
    {
        lock (gate) grants.Add(fence);
    }

    /// <summary>A worker read this version.</summary>
    public void Read(long revision, CounterValue value)
    {
        lock (gate) Learn(revision, value);
    }

    /// <summary>A worker's write was acknowledged as this version.</summary>
    public void Wrote(long revision, CounterValue value)
    {
        lock (gate) Learn(revision, value);
        Interlocked.Increment(ref acknowledged);
    }

    /// <summary>A write may or may not have been made.</summary>
    public void WriteUnknown() => Interlocked.Increment(ref unknown);

    /// <summary>A write was refused for its fence.</summary>
    public void WriteRefused() => Interlocked.Increment(ref refused);

    /// <summary>How many versions were written under a later grant than this one.</summary>
    public int VersionsAfter(long fence)
    {
        lock (gate) return versions.Values.Count(v => v.Fence > fence);
    }

    /// <summary>The first grants whose fence is not above all before; none in a sound history.</summary>
    public IReadOnlyList<string> FencesNotGrowing()
    {
        lock (gate)
        {
            var wrong = new List<string>();
            var highest = 0L;
            foreach (var fence in grants)
            {
                if (fence <= highest) wrong.Add($"fence {fence} was granted after {highest}");
                highest = Math.Max(highest, fence);
            }
            return wrong;
        }
    }

    /// <summary>Writes whose fence is not above that of a write before, and versions that were two things at once; none in a sound history.</summary>
    public IReadOnlyList<string> OlderAfterNewer()
    {
        lock (gate)
        {
            var wrong = new List<string>(contradictions);
            var highest = 0L;
            foreach (var (revision, value) in versions)
            {
                if (value.Fence <= highest) wrong.Add($"revision {revision} was written with fence {value.Fence}, after a write with fence {highest}");
                highest = Math.Max(highest, value.Fence);
            }
            return wrong;
        }
    }

    void Learn(long revision, CounterValue value)
    {
        if (versions.TryAdd(revision, value) || versions[revision] == value) return;
        contradictions.Add($"revision {revision} was both '{versions[revision]}' and '{value}'");
    }
}
