using AkkaHa.Load;

namespace AkkaHa.Overload;

/// <summary>Three phases on one cluster: half of what it can do, more than that, half again; the load never pauses between.</summary>
/// <param name="Sheds">Whether the nodes refuse.</param>
/// <param name="Phases">In order.</param>
/// <param name="Sessions">How many were kept alive.</param>
/// <param name="SessionsLost">How many of them ended.</param>
/// <param name="SecondsUntilCalm">From the end of the overload until p99 was what it was before; null: not within the third phase.</param>
internal sealed record Run(bool Sheds, IReadOnlyList<Phase> Phases, int Sessions, int SessionsLost, double? SecondsUntilCalm)
{
    /// <summary>What keeps sessions alive, and calls that wait for nothing, are code that the nodes have to compile first.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    /// <summary>So are refusals.</summary>
    private static readonly TimeSpan FirstOverload = TimeSpan.FromSeconds(5);

    public static async Task<Run> OfAsync(OverloadedCluster cluster, OverloadOptions options, bool sheds, double sustained, CancellationToken ct)
    {
        cluster.Lanes.Clear();
        await using var keepers = await Keepers.StartAsync(cluster.Endpoints, ct);
        await using var load = new OpenLoop(cluster.Target, cluster.Lanes, sustained / 2, seed: 1);
        // So is the page of metrics, which takes a second of a processor for the first time.
        await cluster.ShedAsync(ct);
        load.Rate = sustained * options.Times;
        await Task.Delay(FirstOverload, ct);
        load.Rate = sustained / 2;
        await Task.Delay(WarmUp, ct);
        load.TakeLateness();
        keepers.TakeTimes();
        var edges = new List<Edge>();
        string[] names = ["half", FormattableString.Invariant($"{options.Times:0.#} times"), "half again"];
        double[] rates = [sustained / 2, sustained * options.Times, sustained / 2];
        foreach (var rate in rates)
        {
            load.Rate = rate;
            edges.Add(await Edge.NowAsync(cluster, load, keepers, ct));
            await Task.Delay(options.Phase, ct);
        }
        edges.Add(await Edge.NowAsync(cluster, load, keepers, ct));
        await load.DisposeAsync();
        var phases = names.Select((name, i) => PhaseOf(name, cluster, edges[i], edges[i + 1])).ToArray();
        return new Run(sheds, phases, keepers.Count, await keepers.CountLostAsync(ct), Calls.SecondsUntilCalm(cluster.Lanes, edges[0].At, edges[1].At, edges[2].At, edges[3].At));
    }

    private static Phase PhaseOf(string name, OverloadedCluster cluster, Edge from, Edge to)
    {
        var seconds = TimeProvider.System.GetElapsedTime(from.At, to.At).TotalSeconds;
        var accepted = Calls.Between(cluster.Lanes, from.At, to.At);
        var failed = Calls.Failed(cluster.Lanes, from.At, to.At);
        return new Phase(
            name, seconds, (accepted.Length + failed) / seconds, accepted.Length / seconds, to.Shed.ToDictionary(s => s.Key, s => (s.Value - from.Shed.GetValueOrDefault(s.Key)) / seconds), Math.Max(0, failed - (to.Refused - from.Refused)),
            Calls.At(accepted, 0.5), Calls.At(accepted, 0.99), Calls.At(accepted, 0.999), to.KeepAlives.P99, to.KeepAlives.Worst, to.Late.TotalMilliseconds);
    }

    /// <summary>Where one phase ends and the next begins.</summary>
    private sealed record Edge(long At, IReadOnlyDictionary<string, double> Shed, long Refused, TimeSpan Late, (double Worst, double P99) KeepAlives)
    {
        public static async Task<Edge> NowAsync(OverloadedCluster cluster, OpenLoop load, Keepers keepers, CancellationToken ct)
        {
            var (at, refused, late, keepAlives) = (TimeProvider.System.GetTimestamp(), (cluster.Target as OneAttempt)?.Refused ?? 0, load.TakeLateness(), keepers.TakeTimes());
            return new Edge(at, await cluster.ShedAsync(ct), refused, late, keepAlives);
        }
    }
}
