using AkkaHa.Servers;
using System.Net;
using System.Text;
using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>Node processes with a database of their own, and the simplest of clients.</summary>
public sealed class ClusterUnderTest : IAsyncDisposable
{
    /// <summary>Far beyond what it takes: a slow machine must not turn a right program red.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(70) };

    private ClusterUnderTest(LocalCluster cluster, PostgresServer? postgres)
    {
        Local = cluster;
        Postgres = postgres;
        // To look at the nodes' logs afterwards.
        cluster.Keep = Environment.GetEnvironmentVariable("AKKAHA_KEEP") == "1";
    }

    public static TheoryData<string> Providers => new("sqlite", "postgres");

    /// <summary>This one, and in <c>./test.sh --long</c> the other too: where both take long.</summary>
    public static TheoryData<string> AtLeast(string provider) => LongFactAttribute.IsOn ? Providers : new(provider);

    public LocalCluster Local { get; }

    public PostgresServer? Postgres { get; }

    public IReadOnlyList<NodeProcess> Nodes => Local.Nodes;

    /// <summary>Made, not started.</summary>
    public static async Task<ClusterUnderTest> CreateAsync(string provider, int nodes, params string[] settings)
    {
        var postgres = provider == "postgres" ? await PostgresServer.StartAsync() : null;
        return new ClusterUnderTest(LocalCluster.Create(nodes, [.. postgres?.Settings ?? [], .. settings]), postgres);
    }

    /// <summary>Made with settings of each node's own, on SQLite; not started.</summary>
    public static ClusterUnderTest Create(int nodes, Func<NodePorts, IEnumerable<string>> settings) => new(LocalCluster.Create(nodes, settings), null);

    /// <summary>Made on a database of the caller's, and all nodes ready.</summary>
    public static async Task<ClusterUnderTest> StartAsync(PostgresPair pair, int nodes)
    {
        var cluster = new ClusterUnderTest(LocalCluster.Create(nodes, pair.Settings), null);
        await cluster.Local.StartAsync(Patience);
        return cluster;
    }

    /// <summary>Made, and all nodes ready.</summary>
    public static async Task<ClusterUnderTest> StartAsync(string provider, int nodes, params string[] settings)
    {
        var cluster = await CreateAsync(provider, nodes, settings);
        await cluster.Local.StartAsync(Patience);
        return cluster;
    }

    public AkkaHaClient Connect(Func<AkkaHaClientOptions, AkkaHaClientOptions>? with = null)
    {
        var options = new AkkaHaClientOptions { Endpoints = Local.Endpoints, GiveUpAfter = TimeSpan.FromSeconds(50) };
        return AkkaHaClient.Connect(with?.Invoke(options) ?? options);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(NodeProcess node, HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.HttpUrl + path));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    /// <summary>The same, until it is served: a node that stood still for longer than its lease lasts says that it is not available, and has done nothing of it.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendUntilServedAsync(NodeProcess node, HttpMethod method, string path, string? json = null)
    {
        (HttpStatusCode Status, JsonElement Body) last = default;
        await EventuallyAsync(async () => (last = await SendAsync(node, method, path, json)).Status != HttpStatusCode.ServiceUnavailable, $"{path} is not served");
        return last;
    }

    public async Task<JsonElement> GetAsync(NodeProcess node, string path) => (await SendUntilServedAsync(node, HttpMethod.Get, path)).Body;

    /// <summary>Which node has each shard, by its address; null where nobody has it now.</summary>
    public async Task<string?[]> OwnersAsync(NodeProcess asked) =>
    [
        .. (await GetAsync(asked, "/v1/ring")).GetProperty("shards").EnumerateArray()
            .Select(s => s.GetProperty("allocated").GetBoolean() ? s.GetProperty("node").GetString() : null),
    ];

    /// <summary>Waits until every shard has an owner among these nodes, each owns some, and nothing has moved for two seconds.</summary>
    public async Task<string[]> WaitSettledAsync(params NodeProcess[] among)
    {
        var addresses = among.Select(n => n.Address).ToHashSet();
        string?[]? last = null;
        var calmSince = DateTime.UtcNow;
        await EventuallyAsync(async () =>
        {
            var owners = await OwnersAsync(among[0]);
            var same = last is not null && owners.SequenceEqual(last);
            if (!same) calmSince = DateTime.UtcNow;
            last = owners;
            return owners.All(o => o is not null && addresses.Contains(o)) && owners.Distinct().Count() == addresses.Count && DateTime.UtcNow - calmSince > TimeSpan.FromSeconds(2);
        }, "the shards did not settle");
        return last!.Select(o => o!).ToArray();
    }

    /// <summary>Who answers for an entity (<c>kv/a</c>), as the first node knows: nobody for a moment while its shard moves, so this waits.</summary>
    public async Task<NodeProcess> OwnerAsync(string entity)
    {
        NodeProcess? owner = null;
        await EventuallyAsync(async () =>
        {
            var address = (await GetAsync(Nodes[0], $"/v1/ring?key={Uri.EscapeDataString(entity)}")).GetProperty("node").GetString();
            owner = Nodes.FirstOrDefault(n => n.Address == address);
            return owner is not null;
        }, $"nobody has {entity}");
        return owner!;
    }

    /// <summary>The members' incarnations, by address, as this node sees them.</summary>
    public async Task<IReadOnlyDictionary<string, string>> IncarnationsAsync(NodeProcess asked) =>
        (await GetAsync(asked, "/v1/cluster")).GetProperty("members").EnumerateArray()
            .ToDictionary(m => m.GetProperty("address").GetString()!, m => m.GetProperty("incarnation").GetString()!);

    public static async Task EventuallyAsync(Func<Task<bool>> holds, string otherwise)
    {
        var until = DateTime.UtcNow + Patience;
        while (!await holds())
        {
            if (DateTime.UtcNow > until) throw new TimeoutException(otherwise);
            await Task.Delay(200);
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Local.DisposeAsync();
        if (Postgres is not null) await Postgres.DisposeAsync();
    }
}
