using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>A search that can't find anything proves nothing: with a rule off, some crash or late message must show it.</summary>
public sealed class CrashMutationTests(ITestOutputHelper output)
{
    private static Scenario TwoKeys => Scenario.OfTwo[0];

    [Fact]
    public void Without_naming_the_prepared_a_late_prepare_is_applied_again() =>
        GoesRed(s => s.Singles([new Setting(TwoKeys, 1) { Rules = RuleSwitches.AllOn with { CommitNamesPrepared = false } }], p => p.Messages));

    [Fact]
    public void Without_blocking_intents_a_crash_between_two_applications_is_seen() =>
        GoesRed(s => s.Singles([new Setting(TwoKeys, 1) { Rules = RuleSwitches.AllOn with { IntentBlocking = false } }], p => p.Crashes));

    /// <summary>The drop of the first attempt comes late, and takes the second with it; or a vote for the first counts for the second.</summary>
    [Fact]
    public void Without_attempt_tags_what_is_late_of_a_first_attempt_spoils_the_second() =>
        GoesRed(s => s.Singles([new Setting(TwoKeys, 1, RivalBeforeMs: 4) { Rules = RuleSwitches.AllOn with { AttemptTags = false } }, new Setting(TwoKeys, 2, RivalBeforeMs: 1) { Rules = RuleSwitches.AllOn with { AttemptTags = false } }], p => [.. p.Messages, .. p.Crashes]));

    [Fact]
    public void Without_reading_the_rows_of_who_is_said_to_be_lost_an_operator_aborts_what_is_committed() =>
        GoesRed(s => s.Singles([new Setting(TwoKeys, 1, Operator: true) { Rules = RuleSwitches.AllOn with { ReadTheLost = false } }], p => p.Crashes));

    private void GoesRed(Action<CrashSearch> how)
    {
        var search = new CrashSearch();
        how(search);
        output.WriteLine($"{search.RedCount} of {search.Runs} runs are red\n{search.Red.FirstOrDefault()}");
        Assert.True(search.RedCount > 0, "no strike showed it");
    }
}
