using AkkaHa.ClientApi;
using AkkaHa.Cluster.Tests;
using Microsoft.Playwright;
using Xunit;

namespace AkkaHa.Dashboard.Tests;

[Collection(nameof(Sight))]
public sealed class PictureTests(Sight sight)
{
    private static readonly string Directory = Environment.GetEnvironmentVariable(PictureFactAttribute.Variable) ?? "";

    [PictureFact]
    public async Task Pictures_of_a_cluster_at_work_and_after_a_node_was_killed()
    {
        using var stop = new CancellationTokenSource();
        await using var client = sight.Cluster.Connect();
        var working = Task.WhenAll(Enumerable.Range(0, 6).Select(i => WorkAsync(client, i, stop.Token)));
        foreach (var (name, label) in ((string, string)[])[("billing/nightly-run", "billing-2"), ("reports/export", "reports-1"), ("warehouse/dock/7", "loader-b")]) await HoldAsync(name, label);
        foreach (var i in Enumerable.Range(1, 3))
        {
            var session = await sight.NewSessionAsync($"billing-{i + 2}");
            _ = sight.Cluster.SendAsync(sight.Node, HttpMethod.Post, "/v1/locks/billing/nightly-run:acquire", $$"""{"sessionId":"{{session}}","label":"billing-{{i + 2}}","waitSeconds":60}""");
        }
        await Task.Delay(TimeSpan.FromSeconds(25));
        await ShootAsync("light", "overview", ColorScheme.Light, 1280, 1160);
        var victim = sight.Cluster.Nodes[2];
        await using (var looking = await sight.OpenAsync(height: 1160))
        {
            await looking.Page.WaitForTimeoutAsync(2500);
            await victim.KillAsync();
            await looking.Page.Locator("path.slice.lost").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            await looking.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Directory, "dashboard-failover.png") });
        }
        await Task.Delay(TimeSpan.FromSeconds(20));
        await ShootAsync("dark", "overview", ColorScheme.Dark, 1280, 1160);
        await ShootAsync("phone", "overview", ColorScheme.Light, 390, 1500);
        await ShootAsync("locks", "locks", ColorScheme.Light, 1280, 760, open: "billing/nightly-run");
        await ShootAsync("events", "events", ColorScheme.Dark, 1280, 760);
        await ShootAsync("journal", "journal", ColorScheme.Light, 1280, 760);
        await stop.CancelAsync();
        await working;
        victim.Start();
        await victim.WaitReadyAsync(ClusterUnderTest.Patience);
    }

    private async Task ShootAsync(string name, string page, ColorScheme scheme, int width, int height, string? open = null)
    {
        await using var looking = await sight.OpenAsync(page, scheme, width, height);
        await looking.Page.WaitForTimeoutAsync(2500);
        if (open is not null)
        {
            await looking.Page.GetByLabel("Its whole name").FillAsync(open);
            await looking.Page.Keyboard.PressAsync("Enter");
            await looking.Page.WaitForTimeoutAsync(1000);
        }
        await looking.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Directory, $"dashboard-{name}.png") });
    }

    private async Task HoldAsync(string name, string label)
    {
        var session = await sight.NewSessionAsync(label);
        await sight.PostAsync($"/v1/locks/{name}:acquire", $$"""{"sessionId":"{{session}}","label":"{{label}}"}""");
    }

    private static async Task WorkAsync(AkkaHaClient client, int worker, CancellationToken ct)
    {
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            try
            {
                await client.Keys.PutAsync($"work/{worker}/{i % 50}", new byte[64], cancellationToken: ct);
                if (i % 4 == 0) await using (await client.Locks.AcquireAsync($"work/{worker}", cancellationToken: ct)) await Task.Delay(5, ct);
                await Task.Delay(15, ct);
            }
            catch (Exception e) when (e is AkkaHaException or OperationCanceledException)
            {
                // Goes on: it is there to be seen.
            }
        }
    }
}
