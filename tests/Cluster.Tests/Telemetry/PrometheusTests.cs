using System.Diagnostics;
using System.Text.Json;
using AkkaHa.Servers;
using Xunit;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary>Debian's Prometheus takes the configuration and the alerts that are shipped, and scrapes a node with them.</summary>
[Collection(MeteredNode.Name)]
public sealed class PrometheusTests(OneNode one)
{
    private static readonly HttpClient Http = new() { Timeout = ClusterUnderTest.Patience };

    [PrometheusFact]
    public async Task The_alerts_are_well_formed_and_do_what_their_tests_say()
    {
        Assert.Contains("SUCCESS", await PromtoolAsync("check", "config", Shipped("prometheus.yml")), StringComparison.Ordinal);
        Assert.Contains("SUCCESS", await PromtoolAsync("test", "rules", Shipped("alerts_test.yml")), StringComparison.Ordinal);
    }

    [PrometheusFact]
    public async Task A_node_is_scraped_and_every_alert_can_be_evaluated_and_none_fires()
    {
        var node = one.Cluster.Nodes[0];
        var configuration = (await File.ReadAllTextAsync(Shipped("prometheus.yml")))
            .Replace("'node1:5080', 'node2:5080', 'node3:5080'", $"'127.0.0.1:{node.Ports.Http}'", StringComparison.Ordinal).Replace("_interval: 5s", "_interval: 1s", StringComparison.Ordinal);
        await using var prometheus = await PrometheusServer.StartAsync(new Dictionary<string, string>
        {
            ["prometheus.yml"] = configuration, ["alerts.yml"] = await File.ReadAllTextAsync(Shipped("alerts.yml")),
        });
        await one.Cluster.SendUntilServedAsync(node, HttpMethod.Put, "/v1/kv/scraped", """{"value":"b25l"}""");

        await ClusterUnderTest.EventuallyAsync(async () => await ValueAsync(prometheus, """akkaha_request_duration_seconds_count{method="Keys/Put",code="OK"}""") is not null, "the call is not in Prometheus");
        Assert.Equal("1", await ValueAsync(prometheus, "up{job=\"akkaha\"}"));
        Assert.Equal("1", await ValueAsync(prometheus, "akkaha_ready"));
        Assert.Equal("0", await ValueAsync(prometheus, "max(akkaha_shards) - sum(akkaha_shards_owned)"));
        JsonElement[] rules = [];
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            rules = [.. (await GetAsync(prometheus, "/api/v1/rules")).GetProperty("groups")[0].GetProperty("rules").EnumerateArray()];
            return rules.All(r => r.GetProperty("health").GetString() != "unknown");
        }, "the alerts are not evaluated");
        Assert.All(rules, rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));
        Assert.All(rules, rule => Assert.NotEqual("firing", rule.GetProperty("state").GetString()));
    }

    private static async Task<string?> ValueAsync(PrometheusServer prometheus, string query)
    {
        var result = (await GetAsync(prometheus, $"/api/v1/query?query={Uri.EscapeDataString(query)}")) is { ValueKind: JsonValueKind.Object } data ? data.GetProperty("result") : default;
        return result.ValueKind == JsonValueKind.Array && result.GetArrayLength() > 0 ? result[0].GetProperty("value")[1].GetString() : null;
    }

    /// <summary>The data of an answer; nothing while it does not answer.</summary>
    private static async Task<JsonElement> GetAsync(PrometheusServer prometheus, string path)
    {
        try
        {
            return JsonDocument.Parse(await Http.GetStringAsync(new Uri(prometheus.Url, path))).RootElement.GetProperty("data");
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }

    private static async Task<string> PromtoolAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(PrometheusServer.Program("promtool")!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, text);
        return text;
    }

    private static string Shipped(string file)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "AkkaHa.sln"))) root = root.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
        return Path.Combine(root.FullName, "docker", "prometheus", file);
    }
}
