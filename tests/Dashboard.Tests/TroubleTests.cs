using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace AkkaHa.Dashboard.Tests;

/// <summary>What is known is not taken away when the next question is not answered.</summary>
[Collection(nameof(Sight))]
public sealed class TroubleTests(Sight sight)
{
    private static readonly RouteFulfillOptions Refused = new()
    {
        Status = 503, ContentType = "application/json", Body = """{"code":"UNAVAILABLE","message":"this node waits for something","details":{}}""",
    };

    [Theory]
    [InlineData("locks")]
    [InlineData("sessions")]
    [InlineData("transactions")]
    public async Task Rows_that_were_read_stay_marked_as_old_when_the_next_reading_fails(string page)
    {
        var session = await sight.NewSessionAsync("stays-in-sight");
        await sight.PostAsync("/v1/locks/a/stays-in-sight:acquire", $$"""{"sessionId":"{{session}}"}""");
        await using var looking = await sight.OpenAsync(page);
        var table = looking.Page.GetByRole(AriaRole.Table).Or(looking.Page.Locator(".empty"));
        await Expect(table.First).ToBeVisibleAsync();
        await looking.Page.RouteAsync($"**/v1/{page}?*", route => route.FulfillAsync(Refused));
        await Expect(looking.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("this node waits for something");
        await Expect(table.First).ToBeVisibleAsync();
        await Expect(looking.Page.Locator(".old")).ToContainTextAsync("As of");
        await looking.Page.UnrouteAsync($"**/v1/{page}?*");
        await Expect(looking.Page.Locator(".old")).ToHaveCountAsync(0);
        await Expect(table.First).ToBeVisibleAsync();
        await sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Delete, $"/v1/sessions/{session}");
    }

    [Fact]
    public async Task A_node_that_is_in_no_cluster_any_more_says_whom_else_to_ask()
    {
        await using var looking = await sight.OpenAsync();
        var other = sight.Cluster.Nodes[1];
        var link = looking.Page.Locator(".trouble").GetByRole(AriaRole.Link, new() { Name = other.Address.Split('@')[1] });
        await Expect(link).ToHaveCountAsync(0);
        await looking.Page.RouteAsync("**/v1/cluster", route => route.FulfillAsync(Refused));
        await Expect(looking.Page.Locator("#verdict")).ToContainTextAsync("not in the cluster");
        await Expect(link).ToHaveAttributeAsync("href", $"{other.HttpUrl}/");
        await looking.Page.UnrouteAsync("**/v1/cluster");
        await Expect(link).ToHaveCountAsync(0);
    }
}
