using System.Text.Json;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace AkkaHa.Dashboard.Tests;

/// <summary>What the dashboard shows is what the API says.</summary>
[Collection(nameof(Sight))]
public sealed class EqualsTheApiTests(Sight sight)
{
    [Fact]
    public async Task Members_and_the_ring_are_those_of_the_API()
    {
        await using var looking = await sight.OpenAsync();
        foreach (var member in (await sight.GetAsync("/v1/cluster")).GetProperty("members").EnumerateArray())
        {
            var row = looking.Row(member.GetProperty("incarnation").GetString()!);
            await Expect(row).ToContainTextAsync(member.GetProperty("address").GetString()!.Split('@')[1]);
            await Expect(row).ToContainTextAsync(member.GetProperty("status").GetString()!);
            await Expect(row).ToContainTextAsync(member.GetProperty("version").GetString()!);
            await Expect(row).Not.ToContainTextAsync(member.GetProperty("leaseSeconds").GetDouble() > 0 ? "run out" : "ms");
            await Expect(row.Locator("[data-field=shards]")).ToHaveTextAsync(member.GetProperty("shards").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        await Expect(looking.Page.Locator("path.slice")).ToHaveCountAsync(256);
        // The page asks now and then.
        string[] shown = [], told = [];
        await Cluster.Tests.ClusterUnderTest.EventuallyAsync(async () =>
        {
            shown = await looking.Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('path.slice')].map(p => `${p.dataset.shard} ${p.dataset.node}`)");
            told = [.. (await sight.GetAsync("/v1/ring")).GetProperty("shards").EnumerateArray().Select(s => $"{s.GetProperty("shard").GetString()} {s.GetProperty("node").GetString()}")];
            return shown.SequenceEqual(told);
        }, "the ring is drawn with other owners than the API tells");
        await Expect(looking.Page.Locator("#verdict")).ToContainTextAsync("every shard has an owner");
    }

    [Fact]
    public async Task A_lock_is_shown_with_its_holder_and_its_waiters()
    {
        var holder = await sight.NewSessionAsync("the-holder");
        var waiter = await sight.NewSessionAsync("the-waiter");
        await sight.PostAsync("/v1/locks/shown/lock:acquire", $$"""{"sessionId":"{{holder}}","label":"the-holder"}""");
        var waiting = sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Post, "/v1/locks/shown/lock:acquire", $$"""{"sessionId":"{{waiter}}","label":"the-waiter","waitSeconds":60}""");
        await Cluster.Tests.ClusterUnderTest.EventuallyAsync(async () => (await sight.GetAsync("/v1/locks/shown/lock")).GetProperty("waiters").GetArrayLength() == 1, "nobody waits");
        await using var looking = await sight.OpenAsync("locks");
        await looking.Page.GetByLabel("Its whole name").FillAsync("shown/lock");
        await looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
        var lockTable = looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Table, new() { Name = "Lock", Exact = true });
        await Expect(lockTable.Locator("tr[data-key=\"shown/lock\"]")).ToContainTextAsync(holder);
        var told = await sight.GetAsync("/v1/locks/shown/lock");
        var inside = looking.Page.Locator(".inside").First;
        await Expect(inside).ToContainTextAsync(told.GetProperty("holders")[0].GetProperty("holderId").GetString()!);
        await Expect(inside).ToContainTextAsync(waiter);
        await Expect(lockTable.Locator("[data-field=fence]")).ToHaveTextAsync(told.GetProperty("lastFence").GetString()!);
        await sight.PostAsync("/v1/locks/shown/lock:release", $$"""{"sessionId":"{{holder}}","fence":"{{told.GetProperty("lastFence").GetString()}}"}""");
        await waiting;
        await Expect(lockTable.Locator("tr[data-key=\"shown/lock\"]")).ToContainTextAsync(waiter);
        await ListedAsync(looking, "/v1/locks?limit=1000", "locks", "name");
        await sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Delete, $"/v1/sessions/{waiter}");
    }

    [Fact]
    public async Task Sessions_are_those_of_the_API()
    {
        var mine = await sight.NewSessionAsync("on-the-dashboard");
        await using var looking = await sight.OpenAsync("sessions");
        await looking.Page.GetByLabel("Its id").FillAsync(mine);
        await looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
        await Expect(looking.Row(mine)).ToContainTextAsync("on-the-dashboard");
        await ListedAsync(looking, "/v1/sessions?limit=1000", "sessions", "sessionId");
    }

    [Fact]
    public async Task Keys_are_listed_by_prefix_and_show_their_values()
    {
        foreach (var key in (string[])["dash/a", "dash/b/c", "dash/ä", "other"])
            await sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Put, $"/v1/kv/{key}", $$"""{"value":"{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"value of {key}"))}}"}""");
        await using var looking = await sight.OpenAsync("keys");
        await looking.Page.GetByLabel("Keys that begin with").FillAsync("dash/");
        await looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        var rows = looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Table, new() { Name = "Keys" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        var told = (await sight.GetAsync("/v1/kv?prefix=dash/")).GetProperty("entries").EnumerateArray().ToArray();
        for (var i = 0; i < told.Length; i++) await Expect(rows.Nth(i)).ToContainTextAsync(told[i].GetProperty("key").GetString()!);
        await looking.Row("dash/b/c").GetByRole(Microsoft.Playwright.AriaRole.Button).ClickAsync();
        await Expect(looking.Page.Locator("pre")).ToHaveTextAsync("value of dash/b/c");
    }

    [Fact]
    public async Task A_transaction_is_found_by_its_id_and_one_that_nobody_knows_can_be_resolved()
    {
        await sight.PostAsync("/v1/transactions", """{"transactionId":"dash-done","then":[{"put":{"key":"dash-x","value":"MQ=="}}]}""");
        await using var looking = await sight.OpenAsync("transactions");
        var found = looking.Page.Locator(".found");
        await looking.Page.GetByLabel("Its id").FillAsync("dash-done");
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(found).ToContainTextAsync("committed");
        await looking.Page.GetByLabel("Its id").FillAsync("dash-never");
        await looking.Page.Keyboard.PressAsync("Enter");
        await Expect(found).ToContainTextAsync("unknown");
        await found.GetByRole(Microsoft.Playwright.AriaRole.Button).ClickAsync();
        await looking.Dialog.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Resolve" }).ClickAsync();
        await Expect(found).ToContainTextAsync("aborted");
        Assert.Equal("ABORTED", (await sight.GetAsync("/v1/transactions/dash-never")).GetProperty("outcome").GetString());
        await looking.GoAsync("Events");
        await Expect(looking.Page.Locator(".events")).ToContainTextAsync("Transaction dash-never was resolved by an operator");
    }

    [Fact]
    public async Task Eventual_data_is_shown_as_the_API_has_it()
    {
        await sight.PostAsync("/v1/eventual/counter/shown/hits:update", """{"increment":"5"}""");
        await sight.PostAsync("/v1/eventual/set/shown/tags:update", """{"add":["b","a"]}""");
        await using var looking = await sight.OpenAsync("eventual");
        foreach (var (kind, key) in ((string, string)[])[("counter", "shown/hits"), ("set", "shown/tags")])
        {
            await looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = $"{kind}s", Exact = true }).ClickAsync();
            await looking.Row(key).GetByRole(Microsoft.Playwright.AriaRole.Button).ClickAsync();
            var told = (await sight.GetAsync($"/v1/eventual/{kind}/{key}")).GetProperty("value");
            // That of the one before may be there still.
            await Expect(looking.Page.Locator("pre")).ToContainTextAsync(told.ValueKind == JsonValueKind.String ? told.GetString()! : told[0].GetString()!);
            var shown = await looking.Page.Locator("pre").InnerTextAsync();
            if (told.ValueKind == JsonValueKind.String) Assert.Equal(told.GetString(), shown);
            else Assert.Equal(told.EnumerateArray().Select(v => v.GetString()), JsonDocument.Parse(shown).RootElement.EnumerateArray().Select(v => v.GetString()));
        }
    }

    [Fact]
    public async Task The_journals_page_has_each_node_with_its_own_word()
    {
        await using var looking = await sight.OpenAsync("journal");
        foreach (var node in (await sight.GetAsync("/v1/cluster/activity")).GetProperty("nodes").EnumerateArray())
        {
            var row = looking.Row(node.GetProperty("incarnation").GetString()!);
            await Expect(row).ToContainTextAsync(node.GetProperty("address").GetString()!.Split('@')[1]);
            await Expect(row).ToContainTextAsync(node.GetProperty("ready").GetBoolean() ? "Ready" : "Not ready");
            await Expect(row).ToContainTextAsync(node.GetProperty("storage").GetString()!);
            await Expect(row).ToContainTextAsync("renewed");
        }
        await Expect(looking.Page.GetByRole(Microsoft.Playwright.AriaRole.Img, new() { NameRegex = new("^Writes per second") })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_database_that_is_away_is_not_said_to_be_a_node_outside_the_cluster()
    {
        await using var looking = await sight.OpenAsync();
        // As every node answers while its database does not, and /v1/cluster goes on.
        await looking.Page.RouteAsync("**/v1/ring", route => route.FulfillAsync(new() { Status = 503, ContentType = "application/json", Body = """{"code":"UNAVAILABLE","message":"the database does not answer","details":{}}""" }));
        await looking.Page.ReloadAsync();
        await Expect(looking.Page.Locator("#verdict")).ToContainTextAsync("Who owns the shards is not known");
        await Expect(looking.Page.Locator("#verdict")).ToContainTextAsync("the database does not answer");
        await looking.Page.UnrouteAsync("**/v1/ring");
        await Expect(looking.Page.Locator("#verdict")).ToContainTextAsync("every shard has an owner", new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task Calls_are_counted_over_all_nodes()
    {
        var before = CallsOf(await sight.GetAsync("/v1/cluster/activity"));
        foreach (var node in sight.Cluster.Nodes)
            for (var i = 0; i < 5; i++) await sight.Cluster.SendUntilServedAsync(node, HttpMethod.Put, $"/v1/kv/counted/{i}", """{"value":"MQ=="}""");
        await sight.Cluster.SendUntilServedAsync(sight.Node, HttpMethod.Put, "/v1/kv/counted/0", """{"value":"MQ==","ifRevision":"77"}""");
        // A node that is busy just then is left out of an answer.
        JsonElement activity = default;
        await Cluster.Tests.ClusterUnderTest.EventuallyAsync(async () =>
        {
            activity = await sight.GetAsync("/v1/cluster/activity");
            var after = CallsOf(activity);
            return activity.GetProperty("nodes").GetArrayLength() == 3 && after.Done - before.Done >= 15 && after.Refused > before.Refused;
        }, "not all calls are counted");
        Assert.Contains(activity.GetProperty("slots").EnumerateArray(), s => s.GetProperty("kinds").TryGetProperty("keys", out var keys) && keys.GetProperty("p99").ValueKind == JsonValueKind.Number);
        Assert.Contains(activity.GetProperty("slots").EnumerateArray(), s => s.GetProperty("kinds").TryGetProperty("journal", out var journal) && journal.GetProperty("done").GetInt64() > 0);
    }

    private static (long Done, long Refused) CallsOf(JsonElement activity)
    {
        var keys = activity.GetProperty("slots").EnumerateArray()
            .Select(s => s.GetProperty("kinds")).Where(k => k.TryGetProperty("keys", out _)).Select(k => k.GetProperty("keys")).ToArray();
        return (keys.Sum(k => k.GetProperty("done").GetInt64()), keys.Sum(k => k.GetProperty("refused").GetInt64()));
    }

    /// <summary>The list on the page has what the API's has.</summary>
    private async Task ListedAsync(Looking looking, string path, string list, string key)
    {
        foreach (var row in (await sight.GetAsync(path)).GetProperty(list).EnumerateArray()) await Expect(looking.Row(row.GetProperty(key).GetString()!)).ToBeVisibleAsync();
    }
}
