using System.Diagnostics;
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

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("AKKAHA_LONG") == "1";

    private static readonly ulong[] Seeds = IsLong ? [1, 2, 3, 4, 5, 6] : [1, 2];

    [Fact]
    public void A_crash_at_any_point_of_a_transaction_of_two_is_over_within_5_s() => Check(s => s.Singles(Settings(Scenario.OfTwo), p => p.Crashes), SingleMs);

    [Fact]
    public void A_crash_at_any_point_of_a_transaction_of_three_is_over_within_5_s() => Check(s => s.Singles(Settings(Scenario.OfThree), p => p.Crashes), SingleMs);

    [Fact]
    public void A_message_lost_late_or_doubled_at_any_point_is_over_within_9_s() => Check(s => s.Singles(Settings([.. Scenario.OfTwo, .. Scenario.OfThree]), p => p.Messages), PairMs);

    [Fact]
    public void Two_crashes_at_any_two_points_of_a_transaction_of_two_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Crashes, p => p.Crashes), PairMs);

    [Fact]
    public void A_message_lost_late_or_doubled_and_then_a_crash_at_any_points_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Messages, p => p.Crashes), PairMs);

    [Fact]
    public void A_crash_and_then_a_message_lost_late_or_doubled_at_any_points_are_over_within_9_s() => Check(s => s.Pairs(ForPairs, p => p.Crashes, p => p.Messages), PairMs);

    private static IEnumerable<Setting> ForPairs => (IsLong ? Scenario.OfTwo : [Scenario.OfTwo[0]]).Select(s => new Setting(s, 1));

    private static IEnumerable<Setting> Settings(IEnumerable<Scenario> scenarios) =>
        from scenario in scenarios
        from seed in Seeds
        from setting in (Setting[])[new(scenario, seed), new(scenario, seed, Together: true), new(scenario, seed, Repeats: false), new(scenario, seed, Repeats: false, Touched: false)]
        select setting;

    private void Check(Action<CrashSearch> how, long withinMs)
    {
        var watch = Stopwatch.StartNew();
        var search = new CrashSearch();
        how(search);
        output.WriteLine($"{search}\n{watch.Elapsed.TotalSeconds:0.0} s");
        Assert.True(search.RedCount == 0, $"{search.RedCount} runs are red:\n{string.Join("\n\n", search.Red)}");
        Assert.InRange(search.QuietAfterMs, 0, withinMs);
        Assert.InRange(search.LongestWaitMs, 0, withinMs);
    }
}
