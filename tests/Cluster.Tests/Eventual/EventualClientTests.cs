using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Eventual;

/// <summary>Eventual data as users of the client and of the command line have it.</summary>
public sealed class EventualClientTests(OneNode one) : IClassFixture<OneNode>
{
    [Fact]
    public async Task Every_kind_can_be_made_changed_read_and_deleted_with_the_client()
    {
        await using var client = one.Cluster.Connect();
        var counter = client.Eventual.Counter("client/hits");
        Assert.Equal((0, false), (await counter.GetAsync(), await counter.ExistsAsync()));
        Assert.Equal(1, await counter.IncrementAsync());
        Assert.Equal(-4, await counter.IncrementAsync(-5, EventualOptions.AtMajority));
        var set = client.Eventual.Set("client/set");
        await set.AddAsync(["a", "b"]);
        await set.RemoveAsync("a");
        Assert.Equal(["b"], await set.GetAsync(new EventualOptions { Consistency = EventualConsistency.All }));
        var register = client.Eventual.Register("client/register");
        Assert.Null(await register.GetAsync());
        await register.SetAsync("");
        Assert.Equal("", await register.GetAsync());
        var map = client.Eventual.Map("client/map");
        await map.SetAsync(new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        await map.RemoveAsync(["x"]);
        Assert.Equal("2", Assert.Single(await map.GetAsync()).Value);
        var flag = client.Eventual.Flag("client/flag");
        await flag.EnableAsync();
        Assert.True(await flag.GetAsync());
        await flag.DisableAsync();
        Assert.False(await flag.GetAsync());
        Assert.True(await flag.ExistsAsync());
        Assert.Equal(["client/hits"], await client.Eventual.ListAsync("counter", "client/").ToListAsync());
        Assert.True(await counter.DeleteAsync());
        Assert.False(await counter.DeleteAsync());
        Assert.Empty(await client.Eventual.ListAsync("counter", "client/").ToListAsync());
        await Assert.ThrowsAsync<InvalidArgumentException>(() => set.AddAsync(["x", "x"]));
    }

    [Fact]
    public async Task A_watch_tells_the_value_now_and_after_changes()
    {
        await using var client = one.Cluster.Connect();
        var counter = client.Eventual.Counter("client/watched");
        using var enough = new CancellationTokenSource(ClusterUnderTest.Patience);
        var seen = new List<long>();
        await foreach (var value in counter.WatchAsync(enough.Token))
        {
            seen.Add(value);
            if (value == 3) break;
            await counter.IncrementAsync(3 - value, cancellationToken: enough.Token);
        }
        Assert.Equal([0, 3], seen);
    }

    [Fact]
    public async Task The_command_line_has_every_kind()
    {
        await PrintsAsync("5", "counter", "increment", "cli/c", "--by", "5", "--consistency", "majority");
        await PrintsAsync("5", "counter", "get", "cli/c");
        await PrintsAsync("""{"kind":"counter","key":"cli/c","value":"5","reached":"local"}""", "counter", "get", "cli/c", "--json");
        await PrintsAsync("", "set", "add", "cli/s", "b", "a");
        await PrintsAsync("a\nb", "set", "get", "cli/s");
        await PrintsAsync("", "register", "set", "cli/r", "hello");
        await PrintsAsync("hello", "register", "get", "cli/r");
        await PrintsAsync("", "map", "set", "cli/m", "city", "Bern");
        await PrintsAsync("""{"kind":"map","key":"cli/m","value":{"city":"Bern"},"reached":"local"}""", "map", "get", "cli/m", "--json");
        await PrintsAsync("", "flag", "enable", "cli/f");
        await PrintsAsync("on", "flag", "watch", "cli/f", "--count", "1");
        await PrintsAsync("cli/f", "flag", "list", "cli/");
        await PrintsAsync("cli/f is deleted", "flag", "delete", "cli/f");
        Assert.Equal(3, (await RunAsync("flag", "get", "cli/f")).ExitCode);
        Assert.Equal(2, (await RunAsync("flag", "get", "cli/f", "--consistency", "most")).ExitCode);
    }

    private async Task PrintsAsync(string expected, params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);
        Assert.Equal((0, expected), (code, text.TrimEnd()));
    }

    private Task<(int ExitCode, string Text)> RunAsync(params string[] arguments) => Cli.RunAsync(ClusterUnderTest.Patience, [.. arguments, "--endpoint", one.Cluster.Local.Endpoints]);
}
