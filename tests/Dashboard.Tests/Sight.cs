using System.Collections.Concurrent;
using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.Cluster.Tests;
using Microsoft.Playwright;
using Xunit;

namespace AkkaHa.Dashboard.Tests;

/// <summary>Three nodes, and a browser that looks at the first. For all tests: they use names of their own.</summary>
public sealed class Sight : IAsyncLifetime
{
    private ClusterUnderTest? cluster;
    private IPlaywright? playwright;
    private IBrowser? browser;

    public ClusterUnderTest Cluster => cluster ?? throw new InvalidOperationException("it has not been started");

    /// <summary>Whose dashboard is looked at.</summary>
    public NodeProcess Node => Cluster.Nodes[0];

    public async Task InitializeAsync()
    {
        // The five seconds that it is by default are too few for a busy machine.
        Assertions.SetDefaultExpectTimeout(30_000);
        var starting = ClusterUnderTest.StartAsync("sqlite", 3);
        playwright = await Playwright.CreateAsync();
        // Debian's, as root in a container too.
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu"] });
        cluster = await starting;
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
    }

    public async Task DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        if (cluster is not null) await cluster.DisposeAsync();
    }

    /// <summary>A page of its own, with nothing remembered. Fails at the end if the browser found anything wrong: an error in a script, or something that the content policy forbids.</summary>
    public async Task<Looking> OpenAsync(string page = "overview", ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900, float scale = 1)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height }, DeviceScaleFactor = scale, ReducedMotion = ReducedMotion.Reduce });
        context.SetDefaultTimeout(30_000);
        var looking = new Looking(context, await context.NewPageAsync());
        await looking.Page.GotoAsync($"{Node.HttpUrl}/#/{page}");
        await Assertions.Expect(looking.Page.Locator("#verdict")).Not.ToContainTextAsync("Asking", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
        return looking;
    }

    public Task<JsonElement> GetAsync(string path) => Cluster.GetAsync(Node, path);

    public async Task<JsonElement> PostAsync(string path, string json)
    {
        var (status, body) = await Cluster.SendUntilServedAsync(Node, HttpMethod.Post, path, json);
        return (int)status < 400 ? body : throw new InvalidOperationException($"{path}: {(int)status} {body}");
    }

    public async Task<string> NewSessionAsync(string label, int ttl = 600) =>
        (await PostAsync("/v1/sessions", $$"""{"ttlSeconds":{{ttl}},"label":"{{label}}"}""")).GetProperty("sessionId").GetString()!;
}

/// <summary>One page that is looked at.</summary>
public sealed class Looking : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> wrong = new();

    public Looking(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        // The browser itself writes a line for each answer of 400 and above: those are the API's refusals.
        page.Console += (_, message) => { if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) wrong.Enqueue(message.Text); };
        page.PageError += (_, error) => wrong.Enqueue(error);
    }

    public IPage Page { get; }

    public IEnumerable<string> Wrong => wrong;

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    /// <summary>Goes to another page by its link.</summary>
    public async Task GoAsync(string title)
    {
        await Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = title, Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("#page-title")).ToHaveTextAsync(title);
    }

    /// <summary>The row of a table by its key: a lock's name, a session's id.</summary>
    public ILocator Row(string key) => Page.Locator($"tr[data-key=\"{key}\"]").First;

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Empty(wrong);
    }
}

[CollectionDefinition(nameof(Sight))]
public sealed class SightCollection : ICollectionFixture<Sight>;
