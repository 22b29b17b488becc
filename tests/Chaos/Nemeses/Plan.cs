namespace AkkaHa.Chaos.Nemeses;

/// <summary>A fault to come.</summary>
/// <param name="After">How long after the one before.</param>
/// <param name="Nemesis">Its kind.</param>
/// <param name="Length">How long it lasts.</param>
/// <param name="Seed">For what is drawn when it happens, the victim above all: who owns what is known only then.</param>
sealed record PlannedFault(TimeSpan After, Nemesis Nemesis, TimeSpan Length, int Seed);

/// <summary>The faults of a run, from a seed.</summary>
static class Plan
{
    /// <summary>
    /// Without end, in rounds in which each kind comes once, in an order of its own: so that none is left out, in a short run neither. Joining and leaving alternate.
    /// </summary>
    public static IEnumerable<PlannedFault> Of(int seed, IReadOnlyList<Nemesis> kinds, TimeSpan between)
    {
        var random = new Random(seed);
        while (true)
        {
            var round = kinds.ToArray();
            random.Shuffle(round);
            // Going through all nodes takes longer than the rest of a round: it begins early.
            foreach (var nemesis in round.OrderByDescending(n => n.Reach == Reach.EveryNode))
            {
                var length = nemesis.Shortest + ((nemesis.Longest - nemesis.Shortest) * random.NextDouble());
                yield return new PlannedFault(between * (0.5 + random.NextDouble()), nemesis, length, random.Next());
            }
        }
    }
}
