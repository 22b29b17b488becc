namespace AkkaHa.Load;

/// <summary>Clients that each wait for their answer before they ask again: what a target can do at most.</summary>
public static class ClosedLoop
{
    /// <summary>Acknowledged calls a second, reads and writes of all keys by turns.</summary>
    public static async Task<double> MeasureAsync(IKeyTarget target, LaneSet lanes, int clients, TimeSpan warmUp, TimeSpan time, CancellationToken ct = default)
    {
        var done = 0L;
        var next = -1;
        using var stop = new CancellationTokenSource();
        var running = Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var lane = lanes.All[(int)((uint)Interlocked.Increment(ref next) % lanes.All.Count)];
                await (lane.Action == LaneAction.Put ? target.PutAsync(lane.Key, CancellationToken.None) : target.GetAsync(lane.Key, CancellationToken.None));
                Interlocked.Increment(ref done);
            }
        })).ToArray();
        await Task.Delay(warmUp, ct);
        var (from, before) = (TimeProvider.System.GetTimestamp(), Interlocked.Read(ref done));
        await Task.Delay(time, ct);
        var rate = (Interlocked.Read(ref done) - before) / TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        return rate;
    }
}
