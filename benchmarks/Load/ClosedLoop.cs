namespace AkkaHa.Load;

/// <summary>Clients that each wait for their answer before they ask again: what a target can do at most.</summary>
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
        var run = new LoopRun();
        using var stop = new CancellationTokenSource();
        var running = Enumerable.Range(0, clients).Select(client => Task.Run(() => LoopAsync(run, client, operate, stop.Token), ct)).ToArray();
        try
        {
            await Task.Delay(warmUp, ct);
            edge?.Invoke();
            run.Open();
            await Task.Delay(time, ct);
            run.Close();
            edge?.Invoke();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
        }
        return run;
    }

    private static async Task LoopAsync(LoopRun run, int client, Func<int, Task> operate, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var from = TimeProvider.System.GetTimestamp();
            try
            {
                await operate(client);
                run.Done(TimeProvider.System.GetElapsedTime(from));
            }
            catch (Exception e)
            {
                // Of whatever kind, it is no success; and who fails at once must not keep the machine busy with failing.
                run.Failed(e);
                await Task.Delay(10, CancellationToken.None);
            }
        }
    }
}
