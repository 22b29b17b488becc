using AkkaHa.Cli.Bench;

namespace AkkaHa.Load;

/// <summary>Clients that each wait for their answer before they ask again: what a target can do at most. The loop is that of <c>akkaha bench</c>.</summary>
public static class ClosedLoop
{
    /// <summary>Acknowledged calls a second, reads and writes of all keys by turns.</summary>
    /// <exception cref="InvalidOperationException">A call failed.</exception>
    public static async Task<double> MeasureAsync(IKeyTarget target, LaneSet lanes, int clients, TimeSpan warmUp, TimeSpan time, CancellationToken ct = default)
    {
        var next = -1;
        var run = await RunAsync(
            clients,
            _ =>
            {
                var lane = lanes.All[(int)((uint)Interlocked.Increment(ref next) % lanes.All.Count)];
                return lane.Action == LaneAction.Put ? target.PutAsync(lane.Key, CancellationToken.None) : target.GetAsync(lane.Key, CancellationToken.None);
            },
            warmUp,
            time,
            ct: ct);
        return run.Errors == 0 ? run.PerSecond : throw new InvalidOperationException($"{run.Errors} calls failed: {run.FirstError}");
    }

    /// <summary>Runs clients for a while, and says how often and how long. What ends within the time counts; what fails is counted apart, and has no latency.</summary>
    /// <param name="clients">How many.</param>
    /// <param name="operate">One operation of this client.</param>
    /// <param name="warmUp">Before the time that counts.</param>
    /// <param name="time">That counts.</param>
    /// <param name="edge">Called when the time that counts begins, and when it ends.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<LoopRun> RunAsync(int clients, Func<int, Task> operate, TimeSpan warmUp, TimeSpan time, Action? edge = null, CancellationToken ct = default)
    {
        var failures = new Failures();
        var plan = new LoopPlan(clients, warmUp, time) { MeasuringBegins = edge, MeasuringEnds = edge };
        var result = await Cli.Bench.ClosedLoop.RunAsync(plan, (client, _) => operate(client), failures.Note, ct);
        return new LoopRun(result, failures.Count, failures.First);
    }

    /// <summary>Of whatever kind, they are no success; the warm-up's too.</summary>
    private sealed class Failures
    {
        private string? first;
        private long count;

        public long Count => Interlocked.Read(ref count);

        public string? First => Volatile.Read(ref first);

        public string Note(Exception e)
        {
            Interlocked.Increment(ref count);
            Interlocked.CompareExchange(ref first, $"{e.GetType().Name}: {e.Message}", null);
            return e.GetType().Name;
        }
    }
}
