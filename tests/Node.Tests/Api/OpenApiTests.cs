using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Tests.Docs;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary><c>/openapi/v1.json</c> says what the routes do.</summary>
public sealed partial class OpenApiTests(ApiHost host) : IClassFixture<ApiHost>
{
    /// <summary>As users are told, with the names of variables as there.</summary>
    private static readonly string[] Promised =
    [
        "POST /v1/sessions", "POST /v1/sessions/{sessionId}:keepAlive", "GET /v1/sessions/{sessionId}", "DELETE /v1/sessions/{sessionId}", "GET /v1/sessions",
        "POST /v1/locks/{name}:acquire", "POST /v1/locks/{name}:release", "POST /v1/locks/{name}:cancel", "POST /v1/locks/{name}:upgrade", "POST /v1/locks/{name}:forceRelease",
        "POST /v1/locks:acquireAll", "GET /v1/locks/{name}", "GET /v1/locks",
        "PUT /v1/kv/{key}", "GET /v1/kv/{key}", "DELETE /v1/kv/{key}", "GET /v1/kv", "GET /v1/watch",
        "POST /v1/transactions", "GET /v1/transactions/{transactionId}", "POST /v1/transactions/{transactionId}:resolve", "GET /v1/transactions",
        "GET /v1/eventual/{kind}/{key}", "POST /v1/eventual/{kind}/{key}:update", "GET /v1/cluster", "GET /v1/ring",
        "POST /v1/cluster/nodes/{address}:leave", "POST /v1/cluster/nodes/{address}:down", "GET /alive", "GET /ready", "GET /ready/eventual",
    ];

    [Fact]
    public async Task It_is_well_formed_and_every_reference_in_it_leads_somewhere()
    {
        using var response = await host.SendAsync("GET /openapi/v1.json");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var read = OpenApiDocument.Parse(await response.Content.ReadAsStringAsync(), "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Every_route_that_users_are_told_of_is_in_it()
    {
        var described = await OperationsAsync();
        Assert.Empty(Promised.Except(described.Keys));
        // What the pages show with a verb.
        var shown = Repository.Pages.SelectMany(page => Shown().Matches(Repository.Read(page))).Select(m => $"{m.Groups["verb"].Value} {m.Groups["path"].Value}").Distinct().ToArray();
        Assert.NotEmpty(shown);
        Assert.DoesNotContain(shown, s => s != "GET /v1/cluster/activity" && !described.Keys.Any(d => Matches(d, s)));
    }

    [Fact]
    public async Task Every_method_that_HTTP_offers_is_in_it_once_with_a_description()
    {
        var described = await OperationsAsync();
        var methods = new[] { SessionsReflection.Descriptor, LocksReflection.Descriptor, KeysReflection.Descriptor, TransactionsReflection.Descriptor, EventualReflection.Descriptor, ClusterReflection.Descriptor }
            .SelectMany(f => f.Services).SelectMany(s => s.Methods).Where(m => m.GetOptions()?.HasExtension(AnnotationsExtensions.Http) == true).Select(m => $"{m.Service.Name}_{m.Name}").ToArray();
        Assert.True(methods.Length > 25);
        Assert.Equal(methods.Order(StringComparer.Ordinal), described.Values.Select(o => o.GetProperty("operationId").GetString()!).Where(id => id.Contains('_', StringComparison.Ordinal) && char.IsUpper(id[0])).Order(StringComparer.Ordinal));
        Assert.Contains("no error and makes no revision", described["DELETE /v1/kv/{key}"].GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_described_as_JSON_has_it()
    {
        var described = await OperationsAsync();
        var put = described["PUT /v1/kv/{key}"];
        var body = put.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.False(body.GetProperty("additionalProperties").GetBoolean());
        Assert.False(body.GetProperty("properties").TryGetProperty("key", out _));
        Assert.Equal(("string", "byte"), TypeOf(body.GetProperty("properties").GetProperty("value")));
        Assert.Equal(("string", "int64"), TypeOf(body.GetProperty("properties").GetProperty("ifRevision")));
        Assert.Equal("#/components/schemas/PutKeyResponse", put.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString());
        Assert.Equal("#/components/schemas/Error", put.GetProperty("responses").GetProperty("default").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString());
        Assert.Equal(["key:path", "ifRevision:query", "lock:query", "fence:query", "requestId:query", "attempt:query"],
            described["DELETE /v1/kv/{key}"].GetProperty("parameters").EnumerateArray().Select(p => $"{p.GetProperty("name").GetString()}:{p.GetProperty("in").GetString()}"));
        Assert.Equal(["application/x-ndjson", "text/event-stream"], described["GET /v1/watch"].GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(c => c.Name).Order());
    }

    /// <summary>By verb and path.</summary>
    private async Task<Dictionary<string, JsonElement>> OperationsAsync() => JsonDocument.Parse(await host.JsonAsync("GET /openapi/v1.json")).RootElement.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(verb => (Route: $"{verb.Name.ToUpperInvariant()} {path.Name}", verb.Value))).ToDictionary(o => o.Route, o => o.Value);

    private static (string?, string?) TypeOf(JsonElement schema) => (schema.GetProperty("type").GetString(), schema.GetProperty("format").GetString());

    private static bool Matches(string described, string shown) => Regex.IsMatch(shown, $"^{Regex.Replace(Regex.Escape(described), @"\\\{\w+}", ".+")}$");

    [GeneratedRegex(@"`(?<verb>GET|POST|PUT|DELETE) (?<path>/v1/[^`?\s]*)")]
    private static partial Regex Shown();
}
