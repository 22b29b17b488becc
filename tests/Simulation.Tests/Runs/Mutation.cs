using AkkaHa.Core.Entities;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>A seed that is red without a rule, and green with it.</summary>
sealed record Mutation(ulong Seed, int Seeds, string Broken)
{
    /// <summary>Seeds are tried as long as it takes, or may take.</summary>
    /// <param name="conditions">With the rule off, and settings by which what it is for happens more often.</param>
    /// <param name="saying">A part of what the judges must say, where they can say more than one thing.</param>
    /// <param name="goOn">False: the time is over.</param>
    public static Mutation? Find(Conditions conditions, string saying, Func<bool> goOn)
    {
        Mutation? found = null;
        var seeds = 0;
        Sweep.Each(1, int.MaxValue, seed =>
        {
            if (Volatile.Read(ref found) is not null || !goOn()) return false;
            Interlocked.Increment(ref seeds);
            var plan = Plan.Draw(seed).With(conditions.Settings);
            // Only a seed that is green with the rule on shows what the rule is for.
            if (Runs.Seeds.Run(seed, plan, conditions) is { } broken && broken.Contains(saying, StringComparison.Ordinal) && !broken.Contains("not decided", StringComparison.Ordinal)
                && Runs.Seeds.Run(seed, plan, conditions with { Rules = RuleSwitches.AllOn }) is null)
                Interlocked.CompareExchange(ref found, new Mutation(seed, seeds, broken), null);
            return true;
        });
        return found;
    }
}
