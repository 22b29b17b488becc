using System.Diagnostics.Metrics;

namespace AkkaHa.Node.Metrics;

/// <summary>How long calls wait for their turn, and what is refused for it.</summary>
internal static class OverloadMeter
{
    private static readonly Counter<long> Refused = NodeMeter.Meter.CreateCounter<long>("akkaha.calls.shed", "{call}", "New work that was refused, by method and by what calls waited for too long.");
    private static readonly Gauge<double> ShortestWait = NodeMeter.Meter.CreateGauge<double>("akkaha.overload.wait", "s", "The shortest wait of the last 100 ms, by what for.");
    private static readonly Gauge<double> Share = NodeMeter.Meter.CreateGauge<double>("akkaha.overload.share", "", "The share of new work that is refused now, by what calls wait for too long.");

    /// <summary>What has not happened yet is told as 0: whoever alerts on an increase sees the first one too.</summary>
    public static void Begin(IEnumerable<string> methods)
    {
        foreach (var method in methods) Refused.Add(0, NodeMeter.Tag("method", RequestMeter.NameOf(method)), NodeMeter.Tag("for", "thread"));
    }

    /// <param name="method">As gRPC has it; of a call that another node took in: its command.</param>
    /// <param name="place">What calls wait for.</param>
    public static void Shed(string method, string place) => Refused.Add(1, NodeMeter.Tag("method", RequestMeter.NameOf(method)), NodeMeter.Tag("for", place));

    public static void Window(string place, double waitSeconds, double share)
    {
        ShortestWait.Record(waitSeconds, NodeMeter.Tag("for", place));
        Share.Record(share, NodeMeter.Tag("for", place));
    }
}
