using System.Diagnostics.Metrics;

namespace AkkaHa.Node.Metrics;

/// <summary>How long calls wait for their turn, and what is refused for it.</summary>
internal static class OverloadMeter
{
    private static readonly Counter<long> Refused = NodeMeter.Meter.CreateCounter<long>("akkaha.calls.shed", "{call}", "New work that was refused, by method and by what calls waited for too long.");
    private static readonly Gauge<double> ShortestWait = NodeMeter.Meter.CreateGauge<double>("akkaha.overload.wait", "s", "The shortest wait of the last 100 ms, by what for.");
    private static readonly Gauge<int> Waiting = NodeMeter.Meter.CreateGauge<int>("akkaha.overload.waiting", "", "What waits now: calls for their entity's turn, rows for the journal.");
    private static readonly Gauge<double> Share = NodeMeter.Meter.CreateGauge<double>("akkaha.overload.share", "", "The share of new work that was refused lately, by what calls wait for.");

    /// <summary>What has not happened yet is told as 0: whoever alerts on an increase sees the first one too.</summary>
    public static void Begin(IEnumerable<string> methods)
    {
        foreach (var method in methods) Refused.Add(0, NodeMeter.Tag("method", RequestMeter.NameOf(method)), NodeMeter.Tag("for", "thread"));
    }

    /// <param name="method">As gRPC has it; of a call that another node took in: its command.</param>
    /// <param name="place">What calls wait for.</param>
    public static void Shed(string method, string place) => Refused.Add(1, NodeMeter.Tag("method", RequestMeter.NameOf(method)), NodeMeter.Tag("for", place));

    /// <param name="place">What calls wait for.</param>
    /// <param name="waitSeconds">The shortest wait there.</param>
    /// <param name="waiting">How much waits there; null: that is not counted.</param>
    /// <param name="share">What was refused for it.</param>
    public static void Window(string place, double waitSeconds, int? waiting, double share)
    {
        if (waiting is { } count) Waiting.Record(count, NodeMeter.Tag("for", place));
        ShortestWait.Record(waitSeconds, NodeMeter.Tag("for", place));
        Share.Record(share, NodeMeter.Tag("for", place));
    }
}
