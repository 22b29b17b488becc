using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using AkkaHa.Node.Metrics;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>The list of metrics in docs/telemetry.md is the one of the meter, and the alerts of docker/prometheus ask for nothing else.</summary>
public sealed partial class TelemetryPageTests
{
    private const string Page = "docs/telemetry.md";

    [Fact]
    public void Every_instrument_is_in_the_list_with_its_type_and_unit_and_nothing_else_is()
    {
        var documented = Rows().Select(row => $"{row[1].Trim('`')} {row[2]} {row[3]}").Order(StringComparer.Ordinal);
        Assert.Equal(Instruments().Select(i => $"{i.Name} {TypeOf(i)} {UnitOf(i)}").Order(StringComparer.Ordinal), documented);
    }

    [Fact]
    public void Every_alert_asks_for_what_a_node_tells()
    {
        var told = Instruments().SelectMany(PrometheusNames).ToHashSet(StringComparer.Ordinal);
        var asked = Metric().Matches(Repository.Read("docker/prometheus/alerts.yml")).Select(m => m.Value).Distinct().ToArray();
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(told));
    }

    private static IEnumerable<string[]> Rows() =>
        Repository.Read(Page).Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length >= 6 && cells[1].StartsWith("`akkaha.", StringComparison.Ordinal));

    private static IReadOnlyList<Instrument> Instruments()
    {
        foreach (var type in typeof(NodeMeter).Assembly.GetTypes().Where(t => t.Namespace == typeof(NodeMeter).Namespace && !t.ContainsGenericParameters))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        _ = new NodeGauges(() => null, () => true, shards: 16);
        // Other tests may make their gauges meanwhile.
        var all = new ConcurrentDictionary<string, Instrument>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == NodeMeter.Name) all[instrument.Name] = instrument;
            },
        };
        listener.Start();
        return [.. all.Values];
    }

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "Histogram" => "histogram",
        "UpDownCounter" or "Gauge" or "ObservableGauge" => "gauge",
        var other => other,
    };

    private static string UnitOf(Instrument instrument) => instrument.Unit switch
    {
        null or "" => "–",
        var unit => unit.Trim('{', '}'),
    };

    private static IEnumerable<string> PrometheusNames(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
        return TypeOf(instrument) switch
        {
            "counter" => [$"{name}_total"],
            "histogram" => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            _ => [name],
        };
    }

    [GeneratedRegex("akkaha_[a-z_]+")]
    private static partial Regex Metric();
}
