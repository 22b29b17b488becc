using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.World;
using Xunit;

namespace AkkaHa.Simulation.Tests.Runs;

public sealed class ShrinkingTests
{
    [Fact]
    public void A_red_seed_is_made_small_and_stays_red()
    {
        var conditions = new Conditions(RuleSwitches.AllOn with { OrphanSweep = false });
        var failure = Failure.Find(7, conditions)!;
        var (drawn, shrunk) = (Plan.Draw(7), Plan.Draw(7).With(failure.Shrunk));
        Assert.True(shrunk.Clients < drawn.Clients && shrunk.Steps < drawn.Steps, $"{shrunk}");
        Assert.True(shrunk.Storm.ToString().Length < drawn.Storm.ToString().Length, $"{shrunk}");
        Assert.Equal(failure.Broken, Seeds.Run(7, shrunk, conditions));
        Assert.Contains($"AKKAHA_OFF=OrphanSweep AKKAHA_SEED=7 AKKAHA_SHRUNK=\"{failure.Shrunk}\"", failure.ToString(), StringComparison.Ordinal);
    }

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
