using System.Collections.Immutable;
using AkkaHa.Messages;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// Sums up increments whose repeats are no longer waited for, and forgets marks of requests. Everybody may do it to everybody's entries, at any time and at once, because the sum takes the dot of the
/// last entry in it, not a new one: who has seen all of a replica up to that dot comes to the same sum, and merging two sums keeps the one that goes further. Nobody takes away an entry that is not in the sum. So nothing has to be agreed upon, and
/// what a dead node left is summed up like anything else.
/// </summary>
public static class CounterFold
{
    private const long MarksStayMs = Limits.EventualRepeatSeconds * 1000L;

    /// <summary>Sums up all that is due in a bucket.</summary>
    /// <param name="bucket">As it is.</param>
    /// <param name="replica">Who does it.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="graceMs">So much later entries of other replicas are due: as a rule their own node has done it by then.</param>
    /// <param name="rules">Switched off by tests only.</param>
    /// <returns>The change; null when nothing is due.</returns>
    public static Bucket.Change? Sweep(Bucket bucket, ReplicaId replica, long nowMs, long graceMs, EventualRules rules)
    {
        var dueBefore = rules.FoldLate ? nowMs - (Limits.EventualRepeatSeconds * 1000L) : nowMs;
        Bucket.Change? change = null;
        foreach (var (item, entries) in bucket.Items)
        {
            var due = entries.Where(e => e.Content switch
            {
                Content.Counted { IsFolded: false } one => one.AtMs < dueBefore - (e.Dot.Replica == replica ? 0 : graceMs),
                // Longer than the increments of the same request that came in elsewhere, which count while nothing says that they don't.
                Content.Mark mark => mark.AtMs < dueBefore - MarksStayMs - (e.Dot.Replica == replica ? 0 : graceMs),
                _ => false,
            }).ToList();
            if (due.Count == 0) continue;
            change ??= bucket.Begin(replica);
            if (item.IsData) Fold(change, item, dueBefore, dueBefore - graceMs, rules);
            else change.Remove(item, due.Select(e => e.Dot));
        }
        return change is null || change.IsEmpty ? null : change;
    }

    /// <summary>Sums up one counter's entries that are older, replica by replica from its first on.</summary>
    internal static void Fold(Bucket.Change change, ItemKey counter, long ownDueBefore, long othersDueBefore, EventualRules rules)
    {
        HashSet<string>? counted = null;
        foreach (var replica in change.State[counter].Select(e => e.Dot.Replica).Distinct().ToList())
        {
            var seenUpTo = change.State.Context.SeenUpTo(replica);
            var dueBefore = replica == change.Replica ? ownDueBefore : othersDueBefore;
            // Without a gap: whoever comes to a sum up to a dot must have had everything up to it.
            var due = change.State[counter].SkipWhile(e => e.Dot.Replica != replica)
                .TakeWhile(e => e.Dot.Replica == replica && e.Dot.Sequence <= seenUpTo && e.Content is Content.Counted one && (one.IsFolded || one.AtMs < dueBefore)).ToList();
            if (due.Count == 0 || (due.Count == 1 && ((Content.Counted)due[0].Content).IsFolded)) continue;
            counted ??= Reading.Marked(change.State, counter.Name);
            FoldReplica(change, counter, due, counted, rules);
        }
        // With what earlier sums made of repeats, and these sums: who has missed that change would count a request in this one's sum, and its repeat.
        if (counted is not null) change.Again(counter, change.State[counter].Where(e => e.Content is Content.Counted { IsFolded: true } or Content.Counted { IsRepeat: true }));
    }

    private static void FoldReplica(Bucket.Change change, ItemKey counter, List<Entry> due, HashSet<string> counted, EventualRules rules)
    {
        Int128 sum = 0;
        long increments = 0;
        var last = due[^1];
        var own = due.Select(e => e.Dot).ToHashSet();
        var repeats = new List<Entry>();
        var requests = change.State[counter].Where(e => e.Content is Content.Counted { IsFolded: false }).ToLookup(e => ((Content.Counted)e.Content).RequestId);
        foreach (var (dot, content) in due)
        {
            var one = (Content.Counted)content;
            if (!one.IsFolded)
            {
                // The first of a request's entries counts, whoever sums up, so that it is certainly in somebody's sum; the others come to nothing.
                if (requests[one.RequestId].First().Dot != dot || !counted.Add(one.RequestId)) continue;
                repeats.AddRange(requests[one.RequestId].Where(e => !own.Contains(e.Dot)));
            }
            (sum, increments) = (sum + one.Amount, increments + one.Increments);
        }
        if (sum > long.MaxValue || sum < long.MinValue) return;
        change.Fold(counter, new Entry(last.Dot, new Content.Counted((long)sum, increments, "", ((Content.Counted)last.Content).AtMs)), own.Where(d => d != last.Dot));
        // They stay where they are: somebody else may have put the sum of all before one of them at its dot, which would go with it.
        foreach (var (dot, content) in repeats)
        {
            if (rules.LeaveRepeats) change.Fold(counter, new Entry(dot, ((Content.Counted)content) with { Amount = 0, Increments = 0 }), []);
            else change.Remove(counter, [dot]);
        }
    }
}
