using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace AkkaHa.Dashboard.Tests;

[Collection(nameof(Sight))]
public sealed class ForceReleaseTests(Sight sight)
{
    [Fact]
    public async Task A_lock_is_released_by_force_only_after_a_question()
    {
        await HoldAsync("forced/one", "stuck");
        await using var looking = await sight.OpenAsync("locks");
        await LookUpAsync(looking, "forced/one");
        var button = looking.Page.GetByRole(AriaRole.Button, new() { Name = "Force-release… forced/one", Exact = true }).First;

        await button.ClickAsync();
        await Expect(looking.Dialog).ToContainTextAsync("stuck");
        await looking.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(looking.Dialog).ToBeHiddenAsync();
        Assert.Equal(1, await HoldersAsync("forced/one"));

        await button.ClickAsync();
        await looking.Dialog.GetByRole(AriaRole.Textbox).FillAsync("its host is gone");
        await looking.Dialog.GetByRole(AriaRole.Button, new() { Name = "Release by force" }).ClickAsync();
        await Expect(looking.Dialog).ToBeHiddenAsync();
        await Expect(looking.Row("forced/one")).ToContainTextAsync("nobody");
        Assert.Equal(0, await HoldersAsync("forced/one"));
        await looking.GoAsync("Events");
        await Expect(looking.Page.Locator(".events")).ToContainTextAsync("its host is gone");

        await HoldAsync("forced/two", "stuck too");
        await looking.GoAsync("Locks");
        await LookUpAsync(looking, "forced/two");
        await looking.Page.GetByRole(AriaRole.Button, new() { Name = "Force-release… forced/two", Exact = true }).First.ClickAsync();
        await Expect(looking.Dialog.GetByRole(AriaRole.Textbox)).ToHaveValueAsync("");
        await looking.Page.Keyboard.PressAsync("Escape");
    }

    [Fact]
    public async Task A_question_that_was_left_while_it_was_being_done_does_not_close_the_next()
    {
        await HoldAsync("forced/slow", "slow");
        await using var looking = await sight.OpenAsync("locks");
        await LookUpAsync(looking, "forced/slow");
        var answer = new TaskCompletionSource();
        await looking.Page.RouteAsync("**/*:forceRelease", async route =>
        {
            await answer.Task;
            await route.ContinueAsync();
        });
        var button = looking.Page.GetByRole(AriaRole.Button, new() { Name = "Force-release… forced/slow", Exact = true }).First;
        await button.ClickAsync();
        await looking.Dialog.GetByRole(AriaRole.Button, new() { Name = "Release by force" }).ClickAsync();
        await looking.Page.Keyboard.PressAsync("Escape");
        await Expect(looking.Dialog).ToBeHiddenAsync();
        await button.ClickAsync();
        await Expect(looking.Dialog).ToBeVisibleAsync();
        var done = looking.Page.WaitForResponseAsync("**/*:forceRelease");
        answer.SetResult();
        await (await done).FinishedAsync();
        await looking.Page.WaitForTimeoutAsync(300);
        await Expect(looking.Dialog).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_has_got_the_lock_since_the_question_was_asked_keeps_it()
    {
        const string Name = "forced/changed";
        var first = await HoldAsync(Name, "first");
        await using var looking = await sight.OpenAsync("locks");
        await LookUpAsync(looking, Name);
        var asked = new List<JsonElement>();
        looking.Page.Request += (_, request) =>
        {
            if (request.Url.EndsWith(":forceRelease", StringComparison.Ordinal)) asked.Add(JsonDocument.Parse(request.PostData!).RootElement);
        };
        await looking.Page.GetByRole(AriaRole.Button, new() { Name = $"Force-release… {Name}", Exact = true }).First.ClickAsync();
        await Expect(looking.Dialog).ToContainTextAsync("first");
        await sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Delete, $"/v1/sessions/{first}");
        await Cluster.Tests.ClusterUnderTest.EventuallyAsync(async () => await HoldersAsync(Name) == 0, "the first still holds it");
        await HoldAsync(Name, "second");
        var press = looking.Dialog.GetByRole(AriaRole.Button, new() { Name = "Release by force" });
        for (var i = 0; i < 2; i++)
        {
            var answered = looking.Page.WaitForResponseAsync("**/*:forceRelease");
            await press.ClickAsync();
            Assert.Equal(409, (await answered).Status);
            await Expect(looking.Dialog).ToContainTextAsync("FENCE_STALE");
            await Expect(press).ToBeEnabledAsync();
        }
        Assert.Equal(1, await HoldersAsync(Name));
        // Pressed twice, it is one request.
        Assert.Single(asked.Select(a => a.GetProperty("requestId").GetString()).Distinct());
        Assert.Equal([1, 2], asked.Select(a => a.GetProperty("attempt").GetInt32()));
        await looking.Page.Keyboard.PressAsync("Escape");
    }

    [Fact]
    public async Task The_whole_of_it_can_be_done_by_keyboard()
    {
        await HoldAsync("forced/keyboard", "typist");
        await using var looking = await sight.OpenAsync();
        await looking.Page.Keyboard.PressAsync("Tab");
        await Expect(looking.Page.Locator(".skip")).ToBeFocusedAsync();
        await TabToAsync(looking, "Locks");
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(looking.Page.Locator("#page-title")).ToBeFocusedAsync();
        await TabToAsync(looking, "lock-name");
        await looking.Page.Keyboard.TypeAsync("forced/keyboard");
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(looking.Row("forced/keyboard")).ToBeVisibleAsync();
        await TabToAsync(looking, "Force-release… forced/keyboard");
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(looking.Dialog.GetByRole(AriaRole.Textbox)).ToBeFocusedAsync();
        // The page draws itself again meanwhile: that must not take the focus away.
        await Task.Delay(2500);
        await Expect(looking.Dialog.GetByRole(AriaRole.Textbox)).ToBeFocusedAsync();
        await looking.Page.Keyboard.PressAsync("Escape");
        await Expect(looking.Dialog).ToBeHiddenAsync();
        Assert.Equal(1, await HoldersAsync("forced/keyboard"));
    }

    [Fact]
    public async Task A_page_of_another_site_can_change_nothing()
    {
        await HoldAsync("forced/foreign", "victim");
        await using var looking = await sight.OpenAsync();
        var action = $"{sight.Node.HttpUrl}/v1/locks/forced/foreign:forceRelease";
        // Another node's port is another origin. What a browser sends without asking first: no body, a form, and text that happens to be JSON.
        await looking.Page.GotoAsync($"{sight.Cluster.Nodes[1].HttpUrl}/v1/cluster");
        foreach (var body in (string[])["undefined", "new URLSearchParams({ reason: 'x' })", "'{}'"])
            await looking.Page.EvaluateAsync($"() => fetch('{action}', {{ method: 'POST', mode: 'no-cors', body: {body} }}).catch(() => {{}})");
        await looking.Page.SetContentAsync($"<form method=post enctype=text/plain action='{action}'><input name='{{\"reason\":\"' value='\"}}'></form>");
        Assert.Equal(1, await HoldersAsync("forced/foreign"));
        var answered = looking.Page.WaitForResponseAsync(action);
        await looking.Page.EvaluateAsync("() => document.forms[0].submit()");
        Assert.Equal(403, (await answered).Status);
        Assert.Equal(1, await HoldersAsync("forced/foreign"));

        using var http = new HttpClient();
        foreach (var origin in (string[])["https://evil.example", "null", "http://127.0.0.1:1", $"http://127.0.0.2:{sight.Node.Ports.Http}"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, action);
            request.Headers.Add("Origin", origin);
            using var response = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Contains("PERMISSION_DENIED", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private static async Task LookUpAsync(Looking looking, string name)
    {
        await looking.Page.GetByLabel("Its whole name").FillAsync(name);
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(looking.Row(name)).ToBeVisibleAsync();
    }

    /// <summary>Presses Tab until what has this name, text or id has the focus.</summary>
    private static async Task TabToAsync(Looking looking, string wanted)
    {
        for (var i = 0; i < 60; i++)
        {
            await looking.Page.Keyboard.PressAsync("Tab");
            var name = await looking.Page.EvaluateAsync<string>("() => { const e = document.activeElement; return [e.id, e.getAttribute('aria-label'), e.textContent.trim()].join('|'); }");
            if (name.Split('|').Contains(wanted, StringComparer.Ordinal)) return;
        }
        Assert.Fail($"{wanted} can't be reached by Tab");
    }

    private async Task<string> HoldAsync(string name, string label)
    {
        var session = await sight.NewSessionAsync(label);
        await sight.PostAsync($"/v1/locks/{name}:acquire", $$"""{"sessionId":"{{session}}","label":"{{label}}"}""");
        return session;
    }

    private async Task<int> HoldersAsync(string name) => (await sight.GetAsync($"/v1/locks/{name}")).GetProperty("holders").GetArrayLength();
}
