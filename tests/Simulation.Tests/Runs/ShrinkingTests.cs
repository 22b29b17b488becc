using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.World;
using Xunit;

namespace AkkaHa.Simulation.Tests.Runs;

public sealed class ShrinkingTests
{
    [Fact]
    public void A_red_seed_is_made_small_and_stays_red()
    {
        var conditions = new Conditions(RuleSwitches.AllOn with { RememberOutcomes = false });
        var seed = Enumerable.Range(1, 100).Select(i => (ulong)i).First(s => Seeds.Run(s, Plan.Draw(s), conditions) is not null);
        var failure = Failure.Find(seed, conditions)!;
        var (drawn, shrunk) = (Plan.Draw(seed), Plan.Draw(seed).With(failure.Shrunk));
        Assert.True(shrunk.Clients <= drawn.Clients && shrunk.Steps <= drawn.Steps && shrunk.Storm.ToString().Length <= drawn.Storm.ToString().Length, $"{shrunk}");
        Assert.True(Size(shrunk) < Size(drawn), $"{shrunk}");
        Assert.Equal(failure.Broken, Seeds.Run(seed, shrunk, conditions));
        Assert.Contains($"AKKAHA_OFF=RememberOutcomes AKKAHA_SEED={seed} AKKAHA_SHRUNK=\"{failure.Shrunk}\"", failure.ToString(), StringComparison.Ordinal);
    }

    private static int Size(Plan plan) => plan.Clients + plan.Steps + plan.Storm.ToString().Length;

    [Fact]
    public void Settings_are_of_the_plan_or_of_its_storm_and_the_last_one_counts()
    {
        var plan = Plan.Draw(1).With("Kind=Outages, Clients=5,MessageLost=0.5,Clients=6");
        Assert.Equal((Kind.Outages, 6, 0.5), (plan.Kind, plan.Clients, plan.Storm.MessageLost));
        Assert.Throws<ArgumentException>(() => plan.With("NoSuchThing=1"));
        Assert.Throws<ArgumentException>(() => plan.With("Clients"));
        Assert.Equal("CrashEveryMs=5", (Faults.None with { CrashEveryMs = 5 }).ToString());
    }
}
