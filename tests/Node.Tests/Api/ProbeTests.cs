using AkkaHa.Node.Api;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class ProbeTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public ProbeTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
        (host.Cluster.Alive, host.Cluster.Strong, host.Cluster.Eventual) = (true, ReadinessReport.Yes, ReadinessReport.Yes);
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/ready")]
    [InlineData("/ready/eventual")]
    public async Task A_node_that_is_well_answers_200_with_json(string path) => Assert.Equal("""{"ready":true}""", await host.JsonAsync($"GET {path}"));

    [Fact]
    public async Task A_node_without_its_database_is_alive_and_says_why_it_is_not_ready()
    {
        host.Cluster.Strong = ReadinessReport.No("no database", "no shards");

        using var response = await host.SendAsync("GET /ready");

        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((503, "UNAVAILABLE"), ((int)response.StatusCode, error.Code));
        Assert.Equal(["no database", "no shards"], error.Details.GetProperty("reasons").EnumerateArray().Select(r => r.GetString()));
        await host.JsonAsync("GET /alive");
        Assert.Empty(host.Log.Errors);
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/ready/eventual")]
    public async Task What_is_not_there_answers_503(string path)
    {
        (host.Cluster.Alive, host.Cluster.Eventual) = (false, ReadinessReport.No("no file"));

        using var response = await host.SendAsync($"GET {path}");

        Assert.Equal((503, "UNAVAILABLE"), ((int)response.StatusCode, (await ErrorBody.OfAsync(response)).Code));
    }
}
