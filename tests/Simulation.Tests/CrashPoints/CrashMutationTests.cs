using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>A search that can't find anything proves nothing: with a rule off, some crash or late message must show it.</summary>
public sealed class CrashMutationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(nameof(RuleSwitches.Claim))]
    [InlineData(nameof(RuleSwitches.ClaimWithoutEvents))]
    [InlineData(nameof(RuleSwitches.CommitNamesPrepared))]
    [InlineData(nameof(RuleSwitches.DurableDecisionAfterRecovery))]
    [InlineData(nameof(RuleSwitches.RefuseLatePrepares))]
    [InlineData(nameof(RuleSwitches.AttemptTags))]
    [InlineData(nameof(RuleSwitches.IntentBlocking))]
    [InlineData(nameof(RuleSwitches.Gate))]
    [InlineData(nameof(RuleSwitches.WaitOutLease))]
    public void Without_the_rule_some_strike_is_seen(string rule)
    {
        var rules = RuleSwitches.AllOn with { };
        typeof(RuleSwitches).GetProperty(rule)!.SetValue(rules, false);
        var settings = Scenario.OfTwo.SelectMany(s => (Setting[])[new Setting(s, 1) { Rules = rules }, new Setting(s, 1, Repeats: false) { Rules = rules }]).ToArray();
        var search = new CrashSearch();
        search.Singles(settings, p => [.. p.Crashes, .. p.Messages]);
        output.WriteLine($"{rule}: singles {search.RedCount} of {search.Runs}\n{string.Join("\n", search.Red.Take(2))}");
        if (search.RedCount > 0) return;
        search.Pairs(settings.Take(1), p => p.Messages, p => p.Crashes);
        output.WriteLine($"{rule}: message, crash {search.RedCount} of {search.Runs}\n{string.Join("\n", search.Red.Take(2))}");
        search.Pairs(settings.Take(1), p => p.Crashes, p => [.. p.Messages, .. p.Crashes.Take(1)]);
        output.WriteLine($"{rule}: crash, message {search.RedCount} of {search.Runs}\n{string.Join("\n", search.Red.Take(2))}");
    }
}
