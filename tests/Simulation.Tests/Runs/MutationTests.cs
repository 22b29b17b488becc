using System.Diagnostics;
using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>A check that can't fail proves nothing: with each rule switched off, some seed must go red.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    /// <summary>Some seconds on an idle core.</summary>
    private const ulong SeedsAtMost = 500;

    [Fact]
    public void Without_the_gate_a_zombie_is_caught() => GoesRed(RuleSwitches.AllOn with { Gate = false },
        storm => storm with { MoveEveryMs = 300, TakenUnawares = 0.8, ZombieMs = 5000 });

    [Fact]
    public void Without_the_claim_a_write_that_lands_late_is_caught() => GoesRed(RuleSwitches.AllOn with { Claim = false },
        storm => storm with { CommitLate = 0.1, CommitLateMs = 12000, ActivationDiesEveryMs = 300 });

    [Fact]
    public void Without_the_gap_check_a_replay_with_missing_rows_is_caught() => GoesRed(RuleSwitches.AllOn with { GapCheck = false });

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

    private void GoesRed(RuleSwitches rules, Func<Faults, Faults>? stress = null)
    {
        var watch = Stopwatch.StartNew();
        for (ulong seed = 1; seed <= SeedsAtMost; seed++)
        {
            // Only a seed that is green with the rule on shows what the rule is for.
            if (Seeds.Run(seed, rules, stress: stress) is not { } failure || Seeds.Run(seed, stress: stress) is not null) continue;
            output.WriteLine($"after {seed} seeds and {watch.Elapsed}: {failure}");
            return;
        }
        Assert.Fail("no seed went red");
    }
}
