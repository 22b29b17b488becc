using System.Diagnostics;
using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>A check that can't fail proves nothing: with each rule switched off, some seed must go red.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan AtMost = TimeSpan.FromMinutes(1);

    [Fact]
    public void Without_the_gate_a_zombie_is_caught() => GoesRed(RuleSwitches.AllOn with { Gate = false });

    [Fact]
    public void Without_the_claim_a_write_that_lands_late_is_caught() => GoesRed(RuleSwitches.AllOn with { Claim = false }, "CommitLate=0.1,CommitLateMs=5000,ActivationDiesEveryMs=300");

    [Fact]
    public void Without_the_gap_check_a_replay_with_missing_rows_is_caught() => GoesRed(RuleSwitches.AllOn with { GapCheck = false }, "ReplayMisses=0.02");

    [Fact]
    public void Without_remembered_outcomes_a_repeat_is_caught() => GoesRed(RuleSwitches.AllOn with { RememberOutcomes = false });

    [Fact]
    public void Without_blocking_intents_a_torn_transaction_is_caught() => GoesRed(RuleSwitches.AllOn with { IntentBlocking = false });

    [Fact]
    public void Without_shared_intents_a_cycle_is_caught() => GoesRed(RuleSwitches.AllOn with { SharedIntents = false });

    [Fact]
    public void Without_naming_the_prepared_a_second_application_is_caught() => GoesRed(RuleSwitches.AllOn with { CommitNamesPrepared = false });

    [Fact]
    public void Without_the_guard_a_write_with_an_old_fence_is_caught() => GoesRed(RuleSwitches.AllOn with { Guard = false });

    [Fact]
    public void Without_growing_fences_a_fence_given_twice_is_caught() => GoesRed(RuleSwitches.AllOn with { FenceGrowth = false });

    private void GoesRed(RuleSwitches rules, string with = "", Kind? kind = null)
    {
        var watch = Stopwatch.StartNew();
        // What clients see is to show it, not what only the machinery can see.
        var found = Mutation.Find(new Conditions(rules, WatchesOwners: false), kind, with, () => watch.Elapsed < AtMost);
        Assert.True(found is not null, $"no seed went red in {watch.Elapsed}");
        output.WriteLine($"after {found.Seeds} seeds and {watch.Elapsed.TotalSeconds:0.0} s, seed {found.Seed}: {found.Broken}");
    }
}
