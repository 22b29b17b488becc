using AkkaHa.Cluster.Tests;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace AkkaHa.Dashboard.Tests;

/// <summary>Everybody can use it: with a screen reader, in the dark, on a phone.</summary>
[Collection(nameof(Sight))]
public sealed class AccessibleTests(Sight sight)
{
    private static readonly string[] Titles = ["Overview", "Locks", "Transactions", "Sessions", "Keys", "Eventual data", "Journal", "Events"];

    /// <summary>What the dark scheme has of its own are its colours.</summary>
    private static readonly AxeRunOptions Colours = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast"] } };

    [Fact]
    public Task Axe_finds_nothing_serious_on_any_page() => FindNothingAsync(ColorScheme.Light, new AxeRunOptions());

    [LongFact]
    public Task Axe_finds_no_colours_too_alike_in_the_dark() => FindNothingAsync(ColorScheme.Dark, Colours);

    private async Task FindNothingAsync(ColorScheme scheme, AxeRunOptions rules)
    {
        var session = await sight.NewSessionAsync($"axe-{scheme}");
        await sight.PostAsync($"/v1/locks/axe/{scheme}:acquire", $$"""{"sessionId":"{{session}}"}""");
        await using var looking = await sight.OpenAsync(scheme: scheme);
        foreach (var title in Titles)
        {
            await looking.GoAsync(title);
            await looking.Page.WaitForTimeoutAsync(300);
            await FindNothingAsync(looking, rules, title);
        }
        await looking.GoAsync("Locks");
        await looking.Page.GetByLabel("Its whole name").FillAsync($"axe/{scheme}");
        await looking.Page.Keyboard.PressAsync("Enter");
        await looking.Page.GetByRole(AriaRole.Button, new() { Name = $"Force-release… axe/{scheme}", Exact = true }).First.ClickAsync();
        await FindNothingAsync(looking, rules, "the dialog");
    }

    [Theory]
    [InlineData(320)]
    [InlineData(900)]
    public async Task Nothing_has_to_be_scrolled_sideways(int width)
    {
        await using var looking = await sight.OpenAsync(width: width, height: 800);
        foreach (var title in Titles)
        {
            await looking.GoAsync(title);
            await looking.Page.WaitForTimeoutAsync(300);
            var beyond = await looking.Page.EvaluateAsync<string[]>(
                "() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => `${e.tagName}.${e.className}`)");
            Assert.True(beyond.Length == 0, $"{title} at {width}: {string.Join(", ", beyond.Take(5))}");
        }
    }

    private static async Task FindNothingAsync(Looking looking, AxeRunOptions rules, string where)
    {
        // Nothing else is looked at here.
        rules.ResultTypes = [ResultType.Violations];
        var found = (await looking.Page.RunAxe(rules)).Violations.Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{where}: {v.Id} ({v.Impact}): {v.Help}: {string.Join("; ", v.Nodes.Take(3).Select(n => n.Html))}").ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
