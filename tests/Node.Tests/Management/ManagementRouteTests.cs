using System.Net;
using AkkaHa.Node.Tests.Api;
using Xunit;

namespace AkkaHa.Node.Tests.Management;

/// <summary>The routes as they come out of the box: for looking only.</summary>
public sealed class ManagementRouteTests(ReadOnlyHost host) : IClassFixture<ReadOnlyHost>
{
    private const string Self = FakeMonitor.Self;

    // Beside the shapes that Akka Management and Pekko Management document.
    [Theory]
    [InlineData("/cluster/members", """{"selfNode":"akka.tcp://AkkaHa@a:4053","members":[{"node":"akka.tcp://AkkaHa@a:4053","nodeUid":"7","status":"Up","roles":["blue"]}],"unreachable":[],"oldest":"akka.tcp://AkkaHa@a:4053","oldestPerRole":{"blue":"akka.tcp://AkkaHa@a:4053"}}""")]
    [InlineData("/cluster/members/akka.tcp://AkkaHa@a:4053", """{"node":"akka.tcp://AkkaHa@a:4053","nodeUid":"7","status":"Up","roles":["blue"]}""")]
    [InlineData("/cluster/members/AkkaHa@a:4053", """{"node":"akka.tcp://AkkaHa@a:4053","nodeUid":"7","status":"Up","roles":["blue"]}""")]
    [InlineData("/cluster/members/akka.tcp:%2F%2FAkkaHa@a:4053", """{"node":"akka.tcp://AkkaHa@a:4053","nodeUid":"7","status":"Up","roles":["blue"]}""")]
    [InlineData("/cluster/shards", """{"entityTypeKeys":["akkaha"]}""")]
    [InlineData("/cluster/shards/akkaha", """{"regions":[{"shardId":"12","numEntities":3}]}""")]
    [InlineData("/bootstrap/seed-nodes", """{"selfNode":"akka.tcp://AkkaHa@a:4053","seedNodes":[{"node":"akka.tcp://AkkaHa@a:4053","nodeUid":7,"status":"Up","roles":["blue"]}]}""")]
    [InlineData("/alive", """{"ready":true}""")]
    [InlineData("/ready", """{"ready":true}""")]
    public async Task A_route_answers_in_the_documented_shape(string path, string json)
    {
        Assert.Equal(json, await host.Management.GetStringAsync(path));
        using var slash = await host.Management.GetAsync(path + "/");
        Assert.True(slash.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound, "a slash at the end does no harm");
    }

    [Theory]
    [InlineData("POST", "/cluster/members", "address=akka.tcp://AkkaHa@b:4053")]
    [InlineData("DELETE", "/cluster/members/" + Self, null)]
    [InlineData("PUT", "/cluster/members/" + Self, "operation=Down")]
    [InlineData("PUT", "/cluster", "operation=Prepare-for-full-shutdown")]
    public async Task What_changes_something_is_not_allowed(string verb, string path, string? form)
    {
        using var response = await SendAsync(host, verb, path, form);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Contains("AllowWrites", (await ErrorBody.OfAsync(response)).Message, StringComparison.Ordinal);
        Assert.Empty(host.Cluster.Changes);
        Assert.Null(host.Monitor.AskedToJoin);
    }

    [Theory]
    [InlineData("/cluster/members/akka.tcp://AkkaHa@nobody:4053", "Member [akka.tcp://AkkaHa@nobody:4053] not found")]
    [InlineData("/cluster/shards/other", "Shard Region other is not started")]
    [InlineData("/v1/cluster", "/cluster")]
    [InlineData("/v1/kv/a", "/cluster")]
    [InlineData("/metrics", "/cluster")]
    [InlineData("/", "/cluster")]
    public async Task What_is_not_there_is_404_with_a_message_and_the_port_serves_nothing_else(string path, string says)
    {
        using var response = await host.Management.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(says, (await ErrorBody.OfAsync(response)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_of_clients_is_404_there_also_where_its_verb_is_wrong()
    {
        using var response = await SendAsync(host, "POST", "/v1/cluster", null);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("/cluster/members")]
    [InlineData("/cluster/domain-events")]
    [InlineData("/bootstrap/seed-nodes")]
    public async Task The_port_of_clients_has_no_management(string path)
    {
        using var response = await host.Clients.GetAsync(path);
        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (response.StatusCode, (await ErrorBody.OfAsync(response)).Code));
        using var probe = await host.Clients.GetAsync("/alive");
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Fact]
    public async Task Events_come_as_they_happen_and_end_with_the_incarnation()
    {
        using var stream = await host.Management.GetAsync("/cluster/domain-events?type=MemberUp&type=UnreachableDataCenter", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await host.Monitor.Happening.Writer.WriteAsync("data:{}\nevent:MemberUp\n\n");
        Assert.Equal(("data:{}", "event:MemberUp", ""), (await lines.ReadLineAsync(), await lines.ReadLineAsync(), await lines.ReadLineAsync()));
        Assert.Equal([typeof(Akka.Cluster.ClusterEvent.MemberUp)], host.Monitor.Types);
        host.Monitor.Happening.Writer.Complete();
        Assert.Null(await lines.ReadLineAsync());

        using var unknown = await host.Management.GetAsync("/cluster/domain-events?type=MemberWasUp");
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_ARGUMENT"), (unknown.StatusCode, (await ErrorBody.OfAsync(unknown)).Code));
    }

    internal static async Task<HttpResponseMessage> SendAsync(ManagementHost host, string verb, string path, string? form, string? origin = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        if (form is not null) request.Content = new FormUrlEncodedContent([KeyValuePair.Create(form.Split('=', 2)[0], form.Split('=', 2)[1])]);
        if (origin is not null) request.Headers.Add("Origin", origin);
        return await host.Management.SendAsync(request);
    }
}
