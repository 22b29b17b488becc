using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Api;
using Google.Protobuf.Reflection;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class ClusterRouteTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public ClusterRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Cluster.ClusterClient Grpc => new(host.Grpc);

    [Fact]
    public async Task The_cluster_is_told_over_both_transports()
    {
        Assert.Equal("""{"members":[],"unreachable":[],"leader":"akka.tcp://AkkaHa@a:4053"}""", await host.JsonAsync("GET /v1/cluster"));
        Assert.Equal("akka.tcp://AkkaHa@a:4053", (await Grpc.GetClusterAsync(new())).Leader);
    }

    [Theory]
    [InlineData("kv/a%2Fb", "kv/a/b")]
    [InlineData("lock/a:b", "lock/a:b")]
    [InlineData("session/63", "session/63")]
    [InlineData("txn/0", "txn/0")]
    public async Task The_owner_of_an_entity_is_asked_by_its_id(string escaped, string id)
    {
        var json = await host.JsonAsync($"GET /v1/ring?key={escaped}");

        Assert.Contains("\"shard\":\"7\"", json, StringComparison.Ordinal);
        Assert.Contains("\"epoch\":\"9\",\"allocated\":true", json, StringComparison.Ordinal);
        Assert.Equal(EntityId.Parse(id), host.Cluster.AskedEntity);
    }

    [Fact]
    public async Task Without_an_entity_every_shard_is_asked_for()
    {
        Assert.Equal(64, (await Grpc.GetRingAsync(new())).ShardCount);
        Assert.Null(host.Cluster.AskedEntity);
    }

    [Theory]
    [InlineData("leave", "false")]
    [InlineData("down", "true")]
    public async Task A_node_is_taken_out_by_its_address(string verb, string fenced)
    {
        const string Address = "akka.tcp://AkkaHa@10.0.0.2:4053";

        var json = await host.JsonAsync($"POST /v1/cluster/nodes/{Uri.EscapeDataString(Address)}:{verb}", "{}");

        Assert.Equal($$"""{"address":"{{Address}}","incarnation":"abc","fenced":{{fenced}}}""", json);
        Assert.Equal([$"{verb} {Address}"], host.Cluster.Changes);
        using var other = await host.SendAsync($"POST /v1/cluster/nodes/akka.tcp:%2F%2FAkkaHa@10.0.0.2:9:{verb}", "{}");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public void A_method_is_a_read_by_its_name_exactly_when_http_gets_it()
    {
        FileDescriptor[] files = [KeysReflection.Descriptor, LocksReflection.Descriptor, SessionsReflection.Descriptor, TransactionsReflection.Descriptor, ClusterReflection.Descriptor];
        var methods = files.SelectMany(f => f.Services).SelectMany(s => s.Methods).ToArray();

        Assert.NotEmpty(methods);
        Assert.All(methods, m => Assert.Equal(
            m.GetOptions().GetExtension(AnnotationsExtensions.Http).PatternCase == HttpRule.PatternOneofCase.Get,
            FailureInterceptor.IsRead($"/{m.Service.FullName}/{m.Name}")));
    }
}
