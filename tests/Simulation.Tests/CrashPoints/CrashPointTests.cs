using System.Diagnostics;
using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>
/// A transaction is struck at every point there is: before, in and after each write of coordinator and participants, before, between and after their messages.
/// Afterwards all agree with each other and with what the client was told, nothing is left, and nobody has waited longer than is said here.
/// AKKAHA_LONG=1 tries more orders of things, and pairs of crashes for every transaction.
/// </summary>
public sealed class CrashPointTests(ITestOutputHelper output)
{
    /// <summary>The lease of a dead node, a second's pause before those in doubt ask, and what repeats take.</summary>
    private const long SingleMs = 5_000;

    private const long PairMs = 9_000;

    private static readonly bool IsLong = LongFactAttribute.IsOn;

    private static readonly ulong[] Seeds = IsLong ? [1, 2, 3, 4, 5, 6] : [1];

    [Fact]
    public void A_crash_at_any_point_of_a_transaction_of_two_is_over_within_5_s() => Check(s => s.Singles(Settings(Scenario.OfTwo), p => p.Crashes), SingleMs);

    [Fact]
    public void A_crash_at_any_point_of_a_transaction_of_three_is_over_within_5_s() => Check(s => s.Singles(Settings(Scenario.OfThree), p => p.Crashes), SingleMs);

    [Fact]
    public void A_message_lost_late_or_doubled_at_any_point_is_over_within_9_s() => Check(s => s.Singles(Settings([.. Scenario.OfTwo, .. Scenario.OfThree]), p => p.Messages), PairMs);

    [Fact]
    public void Two_crashes_at_any_two_points_of_a_transaction_of_two_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Crashes, p => p.Crashes), PairMs);

    [LongFact]
    public void A_message_lost_late_or_doubled_and_then_a_crash_at_any_points_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Messages, p => p.Crashes), PairMs);

    [LongFact]
    public void A_crash_and_then_a_message_lost_late_or_doubled_at_any_points_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Crashes, p => p.Messages), PairMs);

    /// <summary>Whoever is said to be lost, and whenever: the outcome stays the one that there is.</summary>
    [Fact]
    public void A_crash_at_any_point_while_an_operator_resolves_it_without_each_participant_makes_no_second_outcome() =>
        Check(s => s.Singles(from scenario in (Scenario[])[Scenario.OfTwo[0], Scenario.OfTwo[1], Scenario.OfThree[0]] from setting in (Setting[])[new(scenario, 1, Operator: true), new(scenario, 2, Repeats: false, Operator: true)] select setting, p => p.Crashes), SingleMs);

    /// <summary>The younger of two waits for the older, or dies at once, lets go, and comes again: every vote to die, every dropped attempt and all of the second one are among the points.</summary>
    [Fact]
    public void A_crash_at_any_point_of_two_transactions_that_need_the_same_is_over_within_5_s() => Check(s => s.Singles(WithRival, p => p.Crashes), SingleMs, AreRivals);

    [Fact]
    public void A_message_lost_late_or_doubled_at_any_point_of_two_transactions_that_need_the_same_is_over_within_5_s() => Check(s => s.Singles(WithRival, p => p.Messages), SingleMs, AreRivals);

    /// <summary>The older one is ahead everywhere, or at one of the participants only.</summary>
    private static IEnumerable<Setting> WithRival =>
        from scenario in Scenario.OfTwo
        where scenario.Rival is not null
        from seed in Seeds
        from before in (long[])[1, 4]
        from setting in (Setting[])[new(scenario, seed, RivalBeforeMs: before), new(scenario, seed, Together: true, RivalBeforeMs: before), new(scenario, seed, Repeats: false, RivalBeforeMs: before)]
        from waits in (bool[])[true, false]
        select setting with { Rules = RuleSwitches.AllOn with { ShortWaits = waits } };

    private static void AreRivals(CrashSearch search)
    {
        foreach (var part in (string[])["Die(1)", "DropAttempt", "Yes(2)"]) Assert.True(search.CalmSpots.Any(s => s.Contains(part, StringComparison.Ordinal)), $"no calm run has {part}: the two were not in each other's way");
    }

    [LongFact]
    public void Two_crashes_at_any_two_points_of_a_transaction_of_three_are_over_within_9_s() => Check(s => s.Pairs([new Setting(Scenario.OfThree[0], 1)], p => p.Crashes, p => p.Crashes), PairMs);

    private static IEnumerable<Setting> ForPairs => (IsLong ? Scenario.OfTwo : [Scenario.OfTwo[0]]).Select(s => new Setting(s, 1));

    private static IEnumerable<Setting> Settings(IEnumerable<Scenario> scenarios) =>
        from scenario in scenarios
        from seed in Seeds
        from setting in (Setting[])[new(scenario, seed), new(scenario, seed, Together: true), new(scenario, seed, Repeats: false), new(scenario, seed, Repeats: false, Touched: false)]
        select setting;

    private void Check(Action<CrashSearch> how, long withinMs, Action<CrashSearch>? also = null)
    {
        var watch = Stopwatch.StartNew();
        var search = new CrashSearch();
        how(search);
        output.WriteLine($"{search}\n{watch.Elapsed.TotalSeconds:0.0} s");
        also?.Invoke(search);
        Assert.True(search.RedCount == 0, $"{search.RedCount} runs are red:\n{string.Join("\n\n", search.Red)}");
        Assert.InRange(search.QuietAfterMs, 0, withinMs);
        Assert.InRange(search.LongestWaitMs, 0, withinMs);
    }
}
