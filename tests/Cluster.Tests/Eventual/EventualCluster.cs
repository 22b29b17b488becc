using System.Net;
using System.Text;
using System.Text.Json;
using AkkaHa.Chaos.Nodes;
using AkkaHa.Cli.Local;
using AkkaHa.Cluster.Tests.Chaos;
using Xunit;

namespace AkkaHa.Cluster.Tests.Eventual;

/// <summary>Three nodes on PostgreSQL, with a proxy on every link, for all tests of a class; each leaves it whole.</summary>
public sealed class EventualCluster : IAsyncLifetime
{
    private static readonly bool Long = LongFactAttribute.IsOn;

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private ChaosCluster? cluster;
    private MemberWatch? watch;

    internal ChaosCluster Cluster => cluster ?? throw new InvalidOperationException("it has not been started");

    internal MemberWatch Watch => watch ?? throw new InvalidOperationException("it has not been started");

    internal IReadOnlyList<ChaosNode> Nodes => Cluster.Members;

    /// <summary>The first when there is time for it: <c>./test.sh --long</c>.</summary>
    internal static T Of<T>(T whenLong, T otherwise) => Long ? whenLong : otherwise;

    public async Task InitializeAsync()
    {
        cluster = await ChaosCluster.StartAsync(3, "postgres", 1, [], CancellationToken.None);
        if (Environment.GetEnvironmentVariable("AKKAHA_KEEP") == "1") cluster.Keep();
        watch = new MemberWatch(cluster);
        await RestAsync();
    }

    /// <summary>All are members, and ready for eventual data too.</summary>
    internal async Task RestAsync()
    {
        await Watch.RestAsync();
        foreach (var node in Nodes)
            await ClusterUnderTest.EventuallyAsync(async () => (await SendAsync(node, HttpMethod.Get, "/ready/eventual")).Status == HttpStatusCode.OK, $"{node.Name} has no eventual data");
    }

    /// <summary>To this node and no other, past the proxies. Status 0: no answer.</summary>
    internal async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(ChaosNode node, HttpMethod method, string path, string? json = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(node.Process.HttpUrl + path));
            if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return (response.StatusCode, body.RootElement.Clone());
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is TaskCanceledException or IOException)
        {
            return (0, default);
        }
    }

    internal Task<(HttpStatusCode Status, JsonElement Body)> UpdateAsync(ChaosNode node, string what, string json) => SendAsync(node, HttpMethod.Post, $"/v1/eventual/{what}:update", json);

    /// <summary>As one text; null: there is none, or no answer.</summary>
    internal async Task<string?> ValueAsync(ChaosNode node, string what, string consistency = "local") =>
        await SendAsync(node, HttpMethod.Get, $"/v1/eventual/{what}?consistency={consistency}") is (HttpStatusCode.OK, var body) ? body.GetProperty("value").ToString() : null;

    public async Task DisposeAsync()
    {
        http.Dispose();
        watch?.Dispose();
        if (cluster is not null) await cluster.DisposeAsync();
    }
}
