namespace AkkaHa.Load;

/// <summary>How long some keys went without service in a time that something happened in. What goes on beyond its end counts up to there.</summary>
/// <param name="Longest">
/// The longest time between two successive acknowledgements of the same action on the same key, where the later one is in this time. It counts what a caller
/// without luck sees: from the last success before to the first one after. How often the lane is asked (<see cref="OpenLoop.HotEvery"/>) is its resolution, and is in it.
/// </param>
/// <param name="Median">The same, of the median lane: most keys are back by then.</param>
/// <param name="AllAnsweredAfter">From the beginning until each lane had a success of a call that was due later; null: some never had.</param>
/// <param name="LongestCall">The longest that a call took which was under way at the beginning or came later; without a resolution, but with the client's pauses in it.</param>
/// <param name="GivenUp">Calls that the client gave up.</param>
/// <param name="Lanes">How many there were to look at.</param>
public sealed record Gap(TimeSpan Longest, TimeSpan Median, TimeSpan? AllAnsweredAfter, TimeSpan LongestCall, int GivenUp, int Lanes)
{
    /// <summary>Looks at lanes between two moments (monotonic timestamps).</summary>
    public static Gap Of(IEnumerable<Lane> lanes, long from, long to)
    {
        var each = lanes.Select(l => OfLane(l, from, to)).OrderBy(g => g.Longest).ToArray();
        if (each.Length == 0) return new Gap(default, default, TimeSpan.Zero, default, 0, 0);
        return new Gap(
            each[^1].Longest,
            each[each.Length / 2].Longest,
            each.Any(g => g.AllAnsweredAfter is null) ? null : each.Max(g => g.AllAnsweredAfter),
            each.Max(g => g.LongestCall),
            each.Sum(g => g.GivenUp),
            each.Length);
    }

    private static Gap OfLane(Lane lane, long from, long to)
    {
        var longest = TimeSpan.Zero;
        var longestCall = TimeSpan.Zero;
        TimeSpan? answered = null;
        var last = from;
        foreach (var call in lane.Acknowledgements())
        {
            if (call.AnsweredAt >= to) break;
            if (call.AnsweredAt >= from)
            {
                longest = Longer(longest, TimeProvider.System.GetElapsedTime(last, call.AnsweredAt));
                longestCall = Longer(longestCall, call.Waited);
                if (call.DueAt >= from) answered ??= TimeProvider.System.GetElapsedTime(from, call.AnsweredAt);
            }
            // Before the beginning this finds the last success; a lane that has none counts from the beginning.
            last = call.AnsweredAt;
        }
        longest = Longer(longest, TimeProvider.System.GetElapsedTime(last, to));
        return new Gap(longest, longest, answered, longestCall, lane.FailuresDue(from, to), 1);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
