using System.Diagnostics;
using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>A check that can't fail proves nothing: with each rule switched off, some seed must go red.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    [Fact]
    public void Without_the_gate_a_zombie_is_caught() => GoesRed(RuleSwitches.AllOn with { Gate = false });

    [Fact]
    public void Without_the_claim_a_write_that_lands_late_is_caught() => GoesRed(RuleSwitches.AllOn with { Claim = false });

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

    private void GoesRed(RuleSwitches rules)
    {
        var watch = Stopwatch.StartNew();
        for (ulong seed = 1; watch.Elapsed < AtMost; seed++)
        {
            if (Seeds.Run(seed, rules) is not { } failure) continue;
            output.WriteLine($"after {seed} seeds and {watch.Elapsed}: {failure}");
            return;
        }
        Assert.Fail("no seed went red");
    }
}
