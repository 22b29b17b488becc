using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class BadHttpRequestTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public BadHttpRequestTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    public static TheoryData<string> All => new(Requests.Keys);

    private static readonly Dictionary<string, BadHttpRequest> Requests = new[]
    {
        BadHttpRequests.Routes, BadHttpRequests.Bodies, BadHttpRequests.Types, BadHttpRequests.Keys,
        BadHttpRequests.Sessions, BadHttpRequests.Locks, BadHttpRequests.Transactions,
    }.SelectMany(r => r).ToDictionary(r => r.What);

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_bad_request_is_refused_by_name_before_any_entity_hears_of_it(string what)
    {
        var bad = Requests[what];

        using var response = await host.SendAsync(bad.Request, bad.Body, bad.ContentType);

        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((bad.Status, bad.Code), ((int)response.StatusCode, error.Code));
        Assert.Contains(bad.Names, error.Message, StringComparison.Ordinal);
        Assert.Empty(host.Entities.Asked);
        Assert.Empty(host.Entities.Told);
        Assert.Empty(host.Log.Errors);
        Assert.True(response.Headers.Contains("akkaha-time-ms"));
    }

    [Fact]
    public async Task A_405_says_what_is_allowed()
    {
        using var response = await host.Http.PatchAsync(new Uri("/v1/kv/a", UriKind.Relative), null);

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(["DELETE", "GET", "PUT"], response.Content.Headers.Allow.Order());
    }

    // As docs/operating.md tells it: no code of ours hears of these.
    [Theory]
    [InlineData("/v1/kv/a%00b", 400)]
    [InlineData(null, 414)]
    public async Task What_the_web_server_refuses_has_an_empty_body(string? target, int status)
    {
        using var response = await host.SendAsync($"GET {target ?? "/v1/kv/" + new string('x', 8 * 1024)}");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_head_request_that_is_refused_has_the_status_and_no_body()
    {
        using var response = await host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v1/nothing"));

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }
}
