namespace AkkaHa.Judge.Cycles;

/// <summary>What was over before another began.</summary>
static class RealTime
{
    /// <summary>
    /// Of those that began after it, the first to end stands for all that began after that one. An unknown one that was seen has begun after what was over before it;
    /// its own end is not known.
    /// </summary>
    /// <param name="spans">When each transaction was asked for and answered.</param>
    /// <param name="known">Whether its client was told that it was committed.</param>
    /// <param name="seen">Those of which something was seen.</param>
    /// <param name="dependencies">Get them.</param>
    public static void Add(IReadOnlyList<(long Invoked, long Completed)> spans, bool[] known, HashSet<int> seen, Dependencies dependencies)
    {
        var begun = Enumerable.Range(0, spans.Count).Where(i => known[i] || seen.Contains(i)).OrderBy(i => spans[i].Invoked).ToArray();
        var next = 0;
        foreach (var over in Enumerable.Range(0, spans.Count).Where(i => known[i]).OrderBy(i => spans[i].Completed))
        {
            while (next < begun.Length && spans[begun[next]].Invoked <= spans[over].Completed) next++;
            var firstOver = Time.Never;
            for (var later = next; later < begun.Length && spans[begun[later]].Invoked <= firstOver; later++)
            {
                dependencies.Add(over, begun[later], Because.RealTime, "it was answered before the next was asked for");
                if (known[begun[later]]) firstOver = Math.Min(firstOver, spans[begun[later]].Completed);
            }
        }
    }
}
