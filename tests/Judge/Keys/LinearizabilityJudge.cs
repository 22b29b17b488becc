namespace AkkaHa.Judge.Keys;

/// <summary>
/// Is there an order of the calls on each key, within the times of the calls, in which every answer is right? The search of Wing and Gong (1993)
/// with the memory of Lowe (2017): no (set of calls done, state) is tried twice.
/// </summary>
public static class LinearizabilityJudge
{
    private const int StepsAtMost = 5_000_000;

    /// <summary>Judges each key by itself, which is enough: linearizability is local.</summary>
    /// <param name="calls">The whole history.</param>
    /// <param name="lateEffectGrace">
    /// How long after its client gave up an unknown write may still be on its way. Once it is over, and the key has answered somebody, it must not take effect any more:
    /// the owner that answered has claimed the key. Null: not judged.
    /// </param>
    public static IEnumerable<Violation> Judge(IEnumerable<KeyCall> calls, long? lateEffectGrace = null)
    {
        foreach (var key in calls.GroupBy(c => c.Key, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var history = key.OrderBy(c => c.InvokedAt).ToList();
            if (lateEffectGrace is { } grace) history = [.. history.Select(c => Closed(c, history, grace))];
            var search = new Search(history);
            if (search.Run(StepsAtMost)) continue;
            yield return new Violation(search.GaveUp ? "linearizability was not decided" : "linearizability", $"key '{key.Key}'\n  {search.Evidence()}");
        }
    }

    private static KeyCall Closed(KeyCall call, List<KeyCall> history, long grace)
    {
        if (call.End != KeyEnd.Unknown || call.GivenUpAt is not { } givenUp) return call;
        // An absent key answers the read that wakes it without claiming anything.
        var closing = history.Where(c => c.End != KeyEnd.Unknown && c.InvokedAt > givenUp + grace && !(c.Action == KeyAction.Get && c.Seen is null))
            .Select(c => c.CompletedAt).DefaultIfEmpty(Time.Never).Min();
        return call with { CompletedAt = closing };
    }

    private sealed class Entry
    {
        public required int Call { get; init; }
        public required bool IsReturn { get; init; }
        public Entry? Match { get; set; }
        public Entry? Previous { get; set; }
        public Entry? Next { get; set; }
    }

    private sealed class Search
    {
        private readonly List<KeyCall> calls;
        private readonly Entry head = new() { Call = -1, IsReturn = false };
        private readonly ulong[] done;
        private readonly HashSet<Visited> visited = [];
        private readonly Stack<(Entry Entry, KeyState Before, List<KeyState> Choices, int Choice)> path = new();
        private int returnsLeft;
        private int deepest = -1;
        private string evidence = "";

        public Search(List<KeyCall> calls)
        {
            this.calls = calls;
            done = new ulong[(calls.Count + 63) / 64];
            var entries = new List<(long Time, int Order, Entry Entry)>();
            for (var i = 0; i < calls.Count; i++)
            {
                var invoke = new Entry { Call = i, IsReturn = false };
                entries.Add((calls[i].InvokedAt, 0, invoke));
                if (calls[i].CompletedAt == Time.Never) continue;
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

        public string Evidence() => evidence;

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
                if (entry is { IsReturn: false })
                {
                    entry = TryFrom(entry, KeyModel.Step(state, calls[entry.Call]), 0, ref state) ? head.Next : entry.Next;
                    continue;
                }
                Note(state, entry);
                var went = false;
                while (!went && path.TryPop(out var back))
                {
                    state = back.Before;
                    PutBack(back.Entry);
                    went = TryFrom(back.Entry, back.Choices, back.Choice + 1, ref state);
                    if (went) entry = head.Next;
                    else if (back.Entry.Next is { } next)
                    {
                        entry = next;
                        went = true;
                    }
                }
                if (!went) return false;
            }
            return true;
        }

        private bool TryFrom(Entry entry, List<KeyState> choices, int from, ref KeyState state)
        {
            for (var choice = from; choice < choices.Count; choice++)
            {
                Flip(entry.Call);
                if (visited.Add(new Visited([.. done], choices[choice])))
                {
                    path.Push((entry, state, choices, choice));
                    state = choices[choice];
                    TakeOut(entry);
                    return true;
                }
                Flip(entry.Call);
            }
            return false;
        }

        private void Flip(int call) => done[call / 64] ^= 1UL << (call % 64);

        private void TakeOut(Entry entry)
        {
            Unlink(entry);
            if (entry.Match is not { } back) return;
            Unlink(back);
            returnsLeft--;
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

        /// <summary>The search got furthest here: what could not be explained, and what came before it.</summary>
        private void Note(KeyState state, Entry? stuck)
        {
            if (path.Count <= deepest) return;
            deepest = path.Count;
            var order = path.Reverse().TakeLast(12).Select(p => calls[p.Entry.Call].ToString());
            evidence = $"{string.Join("\n  ", order)}\n  then '{state.Value ?? "absent"}' @{state.Revision}, which does not explain\n  {(stuck is null ? "the rest" : calls[stuck.Call])}";
        }
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
