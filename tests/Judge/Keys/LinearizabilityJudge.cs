namespace AkkaHa.Judge.Keys;

/// <summary>Is there an order of the calls on each key, within the times of the calls, in which every answer is right?</summary>
public static class LinearizabilityJudge
{
    private const int StepsAtMost = 2_000_000;

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
            var closes = lateEffectGrace is { } grace ? Closes(history, grace) : [];
            var search = new LinearizationSearch(history, closes);
            if (search.Run(StepsAtMost)) continue;
            yield return new Violation(search.GaveUp ? "linearizability was not decided" : "linearizability", $"key '{key.Key}'\n  {search.Evidence}");
        }
    }

    /// <summary>For each call that ends the time of unknown ones: which.</summary>
    private static Dictionary<int, List<int>> Closes(List<KeyCall> history, long grace)
    {
        var closes = new Dictionary<int, List<int>>();
        for (var unknown = 0; unknown < history.Count; unknown++)
        {
            if (history[unknown] is not { End: KeyEnd.Unknown, GivenUpAt: { } givenUp }) continue;
            for (var closing = 0; closing < history.Count; closing++)
            {
                // An absent key answers the read that wakes it without claiming anything.
                if (history[closing] is { End: KeyEnd.Unknown } or { Action: KeyAction.Get, Seen: null } || history[closing].InvokedAt <= givenUp + grace) continue;
                if (!closes.TryGetValue(closing, out var closed)) closes[closing] = closed = [];
                closed.Add(unknown);
            }
        }
        return closes;
    }
}
