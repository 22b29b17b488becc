using System.Net;
using AkkaHa.Node.Tests.Api;
using Xunit;

namespace AkkaHa.Node.Tests.Management;

/// <summary>The routes where <c>Management:AllowWrites</c> is set.</summary>
public sealed class ManagementWriteTests : IClassFixture<WritingHost>
{
    private const string Self = FakeMonitor.Self;
    private readonly WritingHost host;

    public ManagementWriteTests(WritingHost host)
    {
        this.host = host;
        host.Cluster.Changes.Clear();
    }

    [Theory]
    [InlineData("DELETE", "/cluster/members/" + Self, null, "Leaving " + Self, "leave " + Self)]
    [InlineData("DELETE", "/cluster/members/AkkaHa@a:4053", null, "Leaving " + Self, "leave " + Self)]
    [InlineData("PUT", "/cluster/members/" + Self, "operation=Leave", "Leaving " + Self, "leave " + Self)]
    [InlineData("PUT", "/cluster/members/" + Self, "operation=down", "Downing " + Self, "down " + Self)]
    public async Task A_member_is_asked_to_leave_or_downed_in_the_documented_forms(string verb, string path, string? form, string says, string does)
    {
        using var response = await ManagementRouteTests.SendAsync(host, verb, path, form);
        Assert.Equal($$"""{"message":"{{says}}"}""", await response.Content.ReadAsStringAsync());
        Assert.Equal([does], host.Cluster.Changes);
    }

    [Fact]
    public async Task A_node_joins_by_an_address_and_says_why_not()
    {
        using var joins = await ManagementRouteTests.SendAsync(host, "POST", "/cluster/members", "address=akka.tcp://AkkaHa@b:4053");
        Assert.Equal("""{"message":"Joining akka.tcp://AkkaHa@b:4053"}""", await joins.Content.ReadAsStringAsync());
        Assert.Equal("akka.tcp://AkkaHa@b:4053", host.Monitor.AskedToJoin);
        using var refused = await ManagementRouteTests.SendAsync(host, "POST", "/cluster/members", "address=akka.tcp://AkkaHa@b:9");
        Assert.Equal((HttpStatusCode.BadRequest, "address is no address"), (refused.StatusCode, (await ErrorBody.OfAsync(refused)).Message));
    }

    [Theory]
    [InlineData("PUT", "/cluster/members/" + Self, "operation=Dance", HttpStatusCode.BadRequest, "Operation not supported")]
    [InlineData("PUT", "/cluster", "operation=Prepare-for-full-shutdown", HttpStatusCode.BadRequest, "Operation not supported")]
    [InlineData("PUT", "/cluster/members/" + Self, null, HttpStatusCode.BadRequest, "operation is missing")]
    [InlineData("PUT", "/cluster/members/akka.tcp://AkkaHa@nobody:4053", "operation=Down", HttpStatusCode.NotFound, "Member [akka.tcp://AkkaHa@nobody:4053] not found")]
    [InlineData("DELETE", "/cluster/members/nobody", null, HttpStatusCode.NotFound, "Member [nobody] not found")]
    [InlineData("PATCH", "/cluster/members/" + Self, null, HttpStatusCode.MethodNotAllowed, "PATCH")]
    public async Task What_can_t_be_done_is_refused_and_not_done(string verb, string path, string? form, HttpStatusCode status, string says)
    {
        using var response = await ManagementRouteTests.SendAsync(host, verb, path, form);
        Assert.Equal(status, response.StatusCode);
        Assert.Contains(says, (await ErrorBody.OfAsync(response)).Message, StringComparison.Ordinal);
        Assert.Empty(host.Cluster.Changes);
    }

    [Fact]
    public async Task A_form_on_another_site_s_page_changes_nothing()
    {
        using var response = await ManagementRouteTests.SendAsync(host, "PUT", "/cluster/members/" + Self, "operation=down", origin: "http://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(host.Cluster.Changes);
        using var own = await ManagementRouteTests.SendAsync(host, "PUT", "/cluster/members/" + Self, "operation=down", origin: host.Management.BaseAddress!.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }
}
