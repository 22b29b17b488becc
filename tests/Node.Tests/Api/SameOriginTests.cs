using System.Net;
using System.Text;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>A page of another site can't use a browser that reaches a node to change anything there.</summary>
public sealed class SameOriginTests(ApiHost host) : IClassFixture<ApiHost>
{
    private const string Down = "/v1/cluster/nodes/akka.tcp://AkkaHa@a:4053:down";

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("no address")]
    public async Task A_change_that_a_page_of_another_site_asks_for_is_refused(string origin)
    {
        host.Reset();
        var (status, body) = await SendAsync(HttpMethod.Post, Down, origin, null);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("PERMISSION_DENIED", body, StringComparison.Ordinal);
        Assert.Empty(host.Cluster.Changes);
    }

    [Fact]
    public async Task The_own_pages_and_programs_may()
    {
        host.Reset();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, Down, host.HttpAddress.GetLeftPart(UriPartial.Authority), "{}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, Down, null, "{}")).Status);
        Assert.Equal(2, host.Cluster.Changes.Count);
    }

    [Fact]
    public async Task Whoever_may_not_change_may_still_ask() =>
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/cluster", "https://evil.example", null)).Status);

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? origin, string? json)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.HttpAddress, path));
        if (origin is not null) request.Headers.TryAddWithoutValidation("Origin", origin);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await host.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
