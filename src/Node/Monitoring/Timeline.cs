using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Monitoring;

/// <summary>Counts and durations of the last 15 minutes, in slots of five seconds. Takes next to nothing while nothing happens, and a few atomic additions for each call.</summary>
internal sealed class Timeline
{
    public const int SlotSeconds = 5;
    public const int Slots = 15 * 60 / SlotSeconds;

    // One more, so that the slot that is being filled pushes out none that is shown.
    private readonly Slot?[] slots = new Slot?[Slots + 1];

    private sealed class Slot(long at)
    {
        private readonly Tally?[] tallies = new Tally?[CallKinds.Names.Length];

        public long At => at;

        public Tally? this[int kind] => Volatile.Read(ref tallies[kind]);

        public Tally Of(CallKind kind)
        {
            ref var place = ref tallies[(int)kind];
            return Volatile.Read(ref place) ?? Interlocked.CompareExchange(ref place, new Tally(), null) ?? place!;
        }
    }

    private sealed class Tally
    {
        public long Done;
        public long Refused;
        public long Failed;
        public readonly int[] Buckets = new int[LatencyBuckets.Count];
    }

    /// <param name="kind">Of what.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="seconds">How long it took; null: it waited as it was asked to, which says nothing about this node.</param>
    /// <param name="nowSeconds">Since 1970.</param>
    public void Add(CallKind kind, CallEnd end, double? seconds, long nowSeconds)
    {
        var tally = At(nowSeconds).Of(kind);
        ref var counter = ref tally.Done;
        if (end == CallEnd.Refused) counter = ref tally.Refused;
        else if (end == CallEnd.Failed) counter = ref tally.Failed;
        Interlocked.Increment(ref counter);
        if (seconds is { } took) Interlocked.Increment(ref tally.Buckets[LatencyBuckets.Of(took)]);
    }

    /// <summary>The slots that are not empty, oldest first.</summary>
    public IEnumerable<HistorySlot> Since(long sinceSeconds, long nowSeconds)
    {
        var oldest = Math.Max(sinceSeconds, nowSeconds - (Slots * SlotSeconds));
        foreach (var slot in slots.OfType<Slot>().Where(s => s.At + SlotSeconds > oldest).OrderBy(s => s.At))
        {
            var told = new HistorySlot { AtSeconds = slot.At };
            for (var kind = 0; kind < CallKinds.Names.Length; kind++)
                if (slot[kind] is { } tally) told.Tallies.Add(Tell(CallKinds.Names[kind], tally));
            yield return told;
        }
    }

    private static KindTally Tell(string kind, Tally tally)
    {
        var told = new KindTally { Kind = kind, Done = Volatile.Read(ref tally.Done), Refused = Volatile.Read(ref tally.Refused), Failed = Volatile.Read(ref tally.Failed) };
        for (var i = 0; i < tally.Buckets.Length; i++)
            if (Volatile.Read(ref tally.Buckets[i]) is > 0 and var count) told.Buckets.AddRange([(uint)i, (uint)count]);
        return told;
    }

    private Slot At(long nowSeconds)
    {
        var at = nowSeconds - (nowSeconds % SlotSeconds);
        ref var place = ref slots[at / SlotSeconds % slots.Length];
        while (true)
        {
            var there = Volatile.Read(ref place);
            // A clock that was set back counts into the slot that is there, rather than wiping it out.
            if (there is not null && there.At >= at) return there;
            Interlocked.CompareExchange(ref place, new Slot(at), there);
        }
    }
}

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    Done,

    /// <summary>The rules said no.</summary>
    Refused,

    /// <summary>It was not possible, or nobody knows.</summary>
    Failed,
}
