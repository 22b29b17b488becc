using System.Globalization;
using System.Text.RegularExpressions;
using AkkaHa.Cli.Local;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary>What a node tells at <c>/metrics</c>.</summary>
internal static partial class NodeMetrics
{
    private static readonly HttpClient Http = new() { Timeout = ClusterUnderTest.Patience };

    public static Task<string> TextAsync(NodeProcess node) => Http.GetStringAsync(new Uri($"{node.HttpUrl}/metrics"));

    /// <summary>One sample of several nodes together: <c>akkaha_fences_total reason=crashed</c>.</summary>
    public static async Task<double> SumAsync(string sample, params IEnumerable<NodeProcess> nodes)
    {
        var texts = await Task.WhenAll(nodes.Select(TextAsync));
        return texts.Sum(text => Samples(text).GetValueOrDefault(sample));
    }

    /// <summary>By name and labels, without those of the library.</summary>
    public static Dictionary<string, double> Samples(string text)
    {
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Where(l => l.StartsWith("akkaha_", StringComparison.Ordinal)))
        {
            var sample = Sample().Match(line);
            var labels = Label().Matches(sample.Groups["labels"].Value).Where(l => !l.Groups["name"].Value.StartsWith("otel_", StringComparison.Ordinal))
                .Select(l => $" {l.Groups["name"].Value}={l.Groups["value"].Value}").Order(StringComparer.Ordinal);
            samples[sample.Groups["name"].Value + string.Concat(labels)] = double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture);
        }
        return samples;
    }

    [GeneratedRegex(@"^(?<name>\w+)(\{(?<labels>[^}]*)\})? (?<value>\S+)")]
    private static partial Regex Sample();

    [GeneratedRegex("(?<name>\\w+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();
}
