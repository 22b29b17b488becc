using System.Net;
using System.Text;
using System.Text.Json;
using AkkaHa.Cli.Local;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>Requests as somebody with curl would type them.</summary>
internal sealed class Curl(ClusterUnderTest cluster)
{
    public ClusterUnderTest Cluster => cluster;

    public Task<(HttpStatusCode Status, JsonElement Body)> RunAsync(string json, int node = 0) => cluster.SendUntilServedAsync(cluster.Nodes[node], HttpMethod.Post, "/v1/transactions", json);

    /// <summary>Repeats as every client does, until there is an answer that says something.</summary>
    public Task<(HttpStatusCode Status, JsonElement Body)> RunUntilAnsweredAsync(string json, int node = 0) => PostUntilAnsweredAsync("/v1/transactions", json, node);

    /// <summary>The same for any request that may be repeated: it carries its id.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> PostUntilAnsweredAsync(string path, string json, int node = 0)
    {
        (HttpStatusCode Status, JsonElement Body) last = default;
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            last = await cluster.SendAsync(cluster.Nodes[node], HttpMethod.Post, path, json);
            return last.Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
        }, "no certain answer came");
        return last;
    }

    public async Task<JsonElement> PostAsync(string path, string json, int node = 0) => (await cluster.SendUntilServedAsync(cluster.Nodes[node], HttpMethod.Post, path, json)).Body;

    /// <summary>What became of it: by asking, until it can be said.</summary>
    public async Task<string> OutcomeAsync(string id, int node = 0)
    {
        var outcome = "";
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            var (status, body) = await cluster.SendAsync(cluster.Nodes[node], HttpMethod.Get, $"/v1/transactions/{id}");
            if (status != HttpStatusCode.OK) return false;
            outcome = body.GetProperty("outcome").GetString()!;
            return outcome != "IN_PROGRESS";
        }, "the outcome can't be had");
        return outcome;
    }

    /// <summary>The key's value as text, and its revision; null: there is none.</summary>
    public async Task<(string Value, string Revision)?> GetAsync(string key, int node = 0)
    {
        (string, string)? found = null;
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            var (status, body) = await cluster.SendAsync(cluster.Nodes[node], HttpMethod.Get, $"/v1/kv/{key}");
            if (status == HttpStatusCode.OK) found = (Text(body.GetProperty("value")), body.GetProperty("revision").GetString()!);
            return status is HttpStatusCode.OK or HttpStatusCode.NotFound;
        }, $"{key} can't be read");
        return found;
    }

    public async Task<string> SessionAsync(int ttl = 60) => (await PostAsync("/v1/sessions", $$$"""{"ttlSeconds":{{{ttl}}}}""")).GetProperty("sessionId").GetString()!;

    /// <summary>In base64, as JSON has it.</summary>
    public static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static string Text(JsonElement value) => Encoding.UTF8.GetString(value.GetBytesFromBase64());

    public static string Code(JsonElement body) => body.GetProperty("code").GetString()!;

    /// <summary>One word for each result: key, revision, and the value where there is one.</summary>
    public static string[] Results(JsonElement body) =>
    [
        .. body.GetProperty("results").EnumerateArray().Select(r =>
            $"{r.GetProperty("key").GetString()}@{r.GetProperty("revision").GetString()}{(r.TryGetProperty("value", out var value) ? "=" + Text(value) : "")}{(r.GetProperty("deleted").GetBoolean() ? " deleted" : "")}"),
    ];
}
