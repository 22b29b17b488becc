namespace AkkaHa.Judge.Keys;

/// <summary>
/// The search of Wing and Gong (1993) with the memory of Lowe (2017): no (set of calls done, state) is tried twice. An unknown call is done at some time, or
/// never: it is simply left over. What changes nothing and fits the state is done at once, with nothing else tried in its place: done later, it would change nothing either.
/// </summary>
sealed class LinearizationSearch
{
    private sealed class Entry
    {
        public required int Call { get; init; }
        public required bool IsReturn { get; init; }
        public Entry? Match { get; set; }
        public Entry? Previous { get; set; }
        public Entry? Next { get; set; }
    }

    private readonly List<KeyCall> calls;
    private readonly Dictionary<int, List<int>> closes;
    private readonly Entry head = new() { Call = -1, IsReturn = false };
    private readonly Entry[] invocations;
    private readonly ulong[] done;
    private readonly int[] byHighestBefore;
    private readonly int[] placeByHighest;
    private readonly long[] highestBefore;
    private readonly bool[] anonymous;
    private readonly HashSet<Visited> visited = [];
    private readonly Stack<(Entry Entry, KeyState Before, List<Entry> Closed, bool IsForced)> path = new();
    private int firstLeft;
    private int returnsLeft;
    private int deepest = -1;

    /// <param name="calls">Of one key, in the order of their beginning.</param>
    /// <param name="closes">For some calls: unknown calls that are not done any more once it is.</param>
    public LinearizationSearch(List<KeyCall> calls, Dictionary<int, List<int>> closes)
    {
        this.calls = calls;
        this.closes = closes;
        done = new ulong[(calls.Count + 63) / 64];
        invocations = new Entry[calls.Count];
        highestBefore = [.. calls.Select(KeyModel.HighestBefore)];
        byHighestBefore = [.. Enumerable.Range(0, calls.Count).OrderBy(i => highestBefore[i])];
        placeByHighest = new int[calls.Count];
        for (var place = 0; place < calls.Count; place++) placeByHighest[byHighestBefore[place]] = place;
        var seen = calls.Where(c => c.Seen is not null).Select(c => c.Seen).ToHashSet(StringComparer.Ordinal);
        // What ends by itself is not like the others: it may leave nothing behind.
        seen.UnionWith(calls.Where(c => c.Action == KeyAction.Expire).Select(c => c.Value));
        anonymous = [.. calls.Select(c => c is { End: KeyEnd.Unknown, Action: KeyAction.Put, IfRevision: null } && !seen.Contains(c.Value))];
        var entries = new List<(long Time, int Order, Entry Entry)>();
        for (var i = 0; i < calls.Count; i++)
        {
            var invoke = invocations[i] = new Entry { Call = i, IsReturn = false };
            entries.Add((calls[i].InvokedAt, 0, invoke));
            if (calls[i].End == KeyEnd.Unknown) continue;
            var back = new Entry { Call = i, IsReturn = true, Match = invoke };
            invoke.Match = back;
            // Of what happened at the same time, calls come before returns: then they may have been in either order.
            entries.Add((calls[i].CompletedAt, 1, back));
            returnsLeft++;
        }
        var last = head;
        foreach (var (_, _, entry) in entries.OrderBy(e => e.Time).ThenBy(e => e.Order))
        {
            last.Next = entry;
            entry.Previous = last;
            last = entry;
        }
    }

    public bool GaveUp { get; private set; }

    /// <summary>The furthest that the search got: what could not be explained, and what came before it.</summary>
    public string Evidence { get; private set; } = "";

    public bool Run(int steps)
    {
        var state = new KeyState(null, 0);
        var entry = head.Next;
        while (returnsLeft > 0)
        {
            if (steps-- == 0)
            {
                GaveUp = true;
                return false;
            }
            if (entry == head.Next && ThatChangesNothing(state) is { } forced)
            {
                path.Push((forced, state, [], IsForced: true));
                Flip(forced.Call);
                TakeOut(forced);
                entry = head.Next;
                continue;
            }
            if (entry is { IsReturn: false })
            {
                entry = TryDo(entry, ref state) ? head.Next : entry.Next;
                continue;
            }
            Note(state, entry);
            do
            {
                if (!path.TryPop(out var back)) return false;
                state = back.Before;
                Undo(back.Entry, back.Closed);
                entry = back.IsForced ? null : back.Entry.Next;
            }
            while (entry is null);
        }
        return true;
    }

    /// <summary>Null: nothing that could be done now, and ends no other's time.</summary>
    private Entry? ThatChangesNothing(KeyState state)
    {
        for (var entry = head.Next; entry is { IsReturn: false }; entry = entry.Next)
            if (calls[entry.Call].End != KeyEnd.Unknown && !closes.ContainsKey(entry.Call) && KeyModel.Step(state, calls[entry.Call]) == state) return entry;
        return null;
    }

    private bool TryDo(Entry entry, ref KeyState state)
    {
        if (anonymous[entry.Call] && AnotherGoesFirst(entry)) return false;
        if (KeyModel.Step(state, calls[entry.Call]) is not { } next) return false;
        var closed = closes.TryGetValue(entry.Call, out var unknown) ? unknown.Where(u => !IsDone(u)).Select(u => invocations[u]).ToList() : [];
        Flip(entry.Call);
        foreach (var one in closed) Flip(one.Call);
        if (IsPossible(next) && visited.Add(new Visited([.. done], next)))
        {
            path.Push((entry, state, closed, IsForced: false));
            state = next;
            TakeOut(entry);
            foreach (var one in closed) TakeOut(one);
            return true;
        }
        Flip(entry.Call);
        foreach (var one in closed) Flip(one.Call);
        return false;
    }

    /// <summary>
    /// Unknown writes of values that nobody ever saw do the same: one revision more. If any of them is done now, it may as well be the one that was given up
    /// first, whose time is over first (earliest deadline first is optimal for jobs of equal length); trying them all is what a long search spends its time on.
    /// </summary>
    private bool AnotherGoesFirst(Entry entry)
    {
        for (var other = head.Next; other is { IsReturn: false }; other = other.Next)
            if (anonymous[other.Call] && (calls[other.Call].GivenUpAt ?? Time.Never, other.Call).CompareTo((calls[entry.Call].GivenUpAt ?? Time.Never, entry.Call)) < 0) return true;
        return false;
    }

    /// <summary>The revision never falls: whoever saw a lower one must have come already.</summary>
    private bool IsPossible(KeyState state)
    {
        while (firstLeft < calls.Count && IsDone(byHighestBefore[firstLeft])) firstLeft++;
        return firstLeft == calls.Count || highestBefore[byHighestBefore[firstLeft]] >= state.Revision;
    }

    private bool IsDone(int call) => (done[call / 64] & (1UL << (call % 64))) != 0;

    private void Flip(int call)
    {
        done[call / 64] ^= 1UL << (call % 64);
        firstLeft = Math.Min(firstLeft, placeByHighest[call]);
    }

    private void TakeOut(Entry entry)
    {
        Unlink(entry);
        if (entry.Match is not { } back) return;
        Unlink(back);
        returnsLeft--;
    }

    private void Undo(Entry entry, List<Entry> closed)
    {
        for (var i = closed.Count - 1; i >= 0; i--) PutBack(closed[i]);
        PutBack(entry);
    }

    private void PutBack(Entry entry)
    {
        Flip(entry.Call);
        if (entry.Match is { } back)
        {
            Link(back);
            returnsLeft++;
        }
        Link(entry);
    }

    private static void Unlink(Entry entry)
    {
        entry.Previous!.Next = entry.Next;
        if (entry.Next is not null) entry.Next.Previous = entry.Previous;
    }

    private static void Link(Entry entry)
    {
        entry.Previous!.Next = entry;
        if (entry.Next is not null) entry.Next.Previous = entry;
    }

    private void Note(KeyState state, Entry? stuck)
    {
        if (path.Count <= deepest) return;
        deepest = path.Count;
        var order = path.Reverse().TakeLast(12).Select(p => calls[p.Entry.Call].ToString());
        Evidence = $"{string.Join("\n  ", order)}\n  then '{state.Value ?? "absent"}' @{state.Revision}, which does not explain\n  {(stuck is null ? "the rest" : calls[stuck.Call])}";
    }

    private readonly struct Visited(ulong[] done, KeyState state) : IEquatable<Visited>
    {
        private readonly ulong[] done = done;
        private readonly KeyState state = state;

        public bool Equals(Visited other) => state == other.state && done.AsSpan().SequenceEqual(other.done);

        public override bool Equals(object? obj) => obj is Visited other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(state);
            foreach (var word in done) hash.Add(word);
            return hash.ToHashCode();
        }
    }
}
