namespace AkkaHa.Node.Eventual;

/// <summary>For how long changes of eventual data wait: to be in this node's file, and to be at members that can't be reached. Times are monotonic, in milliseconds.</summary>
internal sealed class EventualLag
{
    private const long Nothing = -1;

    private readonly Lock all = new();
    private long notInFileSince = Nothing;
    private long notAtMembersSince = Nothing;
    private bool isCut;

    /// <summary>A change is to be put into the file.</summary>
    public void ToBeStored(long nowMs)
    {
        lock (all)
            if (notInFileSince == Nothing) notInFileSince = nowMs;
    }

    /// <summary>All are in it.</summary>
    public void Stored()
    {
        lock (all) notInFileSince = Nothing;
    }

    /// <summary>A change was made here.</summary>
    public void Changed(long nowMs)
    {
        lock (all)
            if (isCut && notAtMembersSince == Nothing) notAtMembersSince = nowMs;
    }

    /// <summary>A member can't be reached.</summary>
    /// <param name="missedSinceMs">When the first change was made that may not have reached it; null: none may.</param>
    public void Cut(long? missedSinceMs)
    {
        lock (all)
        {
            isCut = true;
            if (missedSinceMs is { } since && (notAtMembersSince == Nothing || since < notAtMembersSince)) notAtMembersSince = since;
        }
    }

    /// <summary>All members can be reached, or are none any more; what they missed is on its way.</summary>
    public void Healed()
    {
        lock (all) isCut = false;
    }

    /// <summary>What they missed has come to them, or those who missed it are members no more.</summary>
    public void CaughtUp()
    {
        lock (all)
            if (!isCut) notAtMembersSince = Nothing;
    }

    /// <summary>Since when members missed changes that can all be reached again; null: none did.</summary>
    public long? ToBeSentSince
    {
        get
        {
            lock (all) return isCut || notAtMembersSince == Nothing ? null : notAtMembersSince;
        }
    }

    /// <summary>Seconds; 0: nothing waits.</summary>
    public (double File, double Members) At(long nowMs)
    {
        lock (all) return (Since(notInFileSince, nowMs), Since(notAtMembersSince, nowMs));
    }

    private static double Since(long sinceMs, long nowMs) => sinceMs == Nothing ? 0 : Math.Max(0, nowMs - sinceMs) / 1000.0;
}
