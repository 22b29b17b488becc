using System.Text.RegularExpressions;
using AkkaHa.Cluster.Tests;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace AkkaHa.Dashboard.Tests;

[Collection(nameof(Sight))]
public sealed partial class KilledNodeTests(Sight sight)
{
    [Fact]
    public async Task A_killed_node_turns_red_and_its_shards_are_seen_moving()
    {
        var victim = sight.Cluster.Nodes[2];
        var patience = new LocatorAssertionsToHaveCountOptions { Timeout = 90_000 };
        await using var looking = await sight.OpenAsync();
        var page = looking.Page;
        var shards = (await sight.Cluster.OwnersAsync(sight.Node)).Count(o => o == victim.Address);
        var slices = page.Locator($"path.slice[data-node=\"{victim.Address}\"]");
        await Expect(slices).ToHaveCountAsync(shards, patience);
        var incarnation = (await sight.Cluster.IncarnationsAsync(sight.Node))[victim.Address];
        // It may have joined before another, and handed some over to that one then.
        var left = page.Locator($"path.before[data-from=\"{victim.Address}\"]");
        var earlier = await left.CountAsync();

        await victim.KillAsync();
        await Expect(looking.Row(incarnation)).ToHaveClassAsync(Lost(), new() { Timeout = 90_000 });
        await Expect(slices).ToHaveCountAsync(0, patience);
        await Expect(left).ToHaveCountAsync(shards + earlier, patience);
        await Expect(looking.Row(incarnation)).ToContainTextAsync("Taken out", new() { Timeout = 90_000 });
        await Expect(page.Locator("#verdict")).ToContainTextAsync($"Whole again without {victim.Address.Split('@')[1]}", new() { Timeout = 90_000 });
        var moved = page.Locator(".moves");
        await Expect(moved).ToContainTextAsync(victim.Address.Split('@')[1]);
        await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = Failovers() })).ToHaveAttributeAsync("aria-label", new Regex($"{shards} shards.*took \\d"), new() { Timeout = 30_000 });

        var activity = await sight.GetAsync("/v1/cluster/activity");
        Assert.True(activity.GetProperty("moves").EnumerateArray().Count(m => m.GetProperty("from").GetString() == victim.Address) >= shards);
        var failover = Assert.Single(activity.GetProperty("failovers").EnumerateArray(), f => f.GetProperty("incarnation").GetString() == incarnation);
        Assert.True(failover.GetProperty("untilMs").GetInt64() > failover.GetProperty("fromMs").GetInt64());
        await looking.GoAsync("Events");
        await Expect(page.Locator(".events")).ToContainTextAsync($"{victim.Address} was taken out of the cluster");

        victim.Start();
        await victim.WaitReadyAsync(ClusterUnderTest.Patience);
        await looking.GoAsync("Overview");
        await Expect(page.Locator("tr.lost")).ToHaveCountAsync(0, patience);
        await sight.Cluster.WaitSettledAsync([.. sight.Cluster.Nodes]);
    }

    [GeneratedRegex(@"\blost\b")]
    private static partial Regex Lost();

    [GeneratedRegex("^Failovers")]
    private static partial Regex Failovers();
}
