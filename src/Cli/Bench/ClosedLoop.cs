using HdrHistogram;

namespace AkkaHa.Cli.Bench;

/// <summary>
/// Clients that each wait for their answer before they ask again: what a system can do at most, and how long callers then wait. It knows nothing of what it measures,
/// so that everything that is compared is driven by the same loop.
/// </summary>
public static class ClosedLoop
{
    // A refusal that comes at once must not make a client ask in circles as fast as it can.
    private static readonly TimeSpan AfterError = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs it. What was answered between the end of the warm-up and the end of the time is counted, whenever it was asked. How long answers took is of what was asked in that time, whenever it was answered: of what takes longer than
    /// what is left of the time, the slowest would be missing otherwise.
    /// </summary>
    /// <param name="plan">How many, how long.</param>
    /// <param name="operation">One operation of the client with this number, from 0. What does not throw is done.</param>
    /// <param name="codeOf">What an exception counts as; null: it is no answer of the system, and ends the run.</param>
    /// <param name="cancel">Ends the run, with an exception.</param>
    public static async Task<LoopResult> RunAsync(LoopPlan plan, Func<int, CancellationToken, Task> operation, Func<Exception, string?> codeOf, CancellationToken cancel = default)
    {
        var tally = new Tally();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clients = Enumerable.Range(0, plan.Clients).Select(i => Task.Run(() => RunClientAsync(i, tally, operation, codeOf, stop, cancel), CancellationToken.None)).ToArray();
        var measured = TimeSpan.Zero;
        try
        {
            await Task.Delay(plan.WarmUp, stop.Token);
            plan.MeasuringBegins?.Invoke();
            measured = await MeasureAsync(plan, tally, stop.Token);
            plan.MeasuringEnds?.Invoke();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A client has ended the run: what it threw is thrown below.
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        cancel.ThrowIfCancellationRequested();
        await Task.WhenAll(clients);
        return tally.Result(plan.Clients, measured);
    }

    private static async Task<TimeSpan> MeasureAsync(LoopPlan plan, Tally tally, CancellationToken stop)
    {
        var from = TimeProvider.System.GetTimestamp();
        tally.Counts = true;
        try
        {
            while (plan.Time - TimeProvider.System.GetElapsedTime(from) is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left < LookEvery ? left : LookEvery, stop);
                plan.Progress?.Invoke(TimeProvider.System.GetElapsedTime(from), tally.Done);
            }
        }
        finally
        {
            tally.Counts = false;
        }
        return TimeProvider.System.GetElapsedTime(from);
    }

    private static async Task RunClientAsync(
        int client, Tally tally, Func<int, CancellationToken, Task> operation, Func<Exception, string?> codeOf, CancellationTokenSource stop, CancellationToken cancel)
    {
        while (!stop.IsCancellationRequested)
        {
            var (askedAt, isTimed) = (TimeProvider.System.GetTimestamp(), tally.Counts);
            try
            {
                // What is under way when the time is over is waited for: it is not the system's fault that the run ends.
                await operation(client, cancel);
                tally.Answered(TimeProvider.System.GetElapsedTime(askedAt), isTimed);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && codeOf(e) is { } code)
            {
                tally.Failed(code);
                await Task.Delay(AfterError, cancel);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    private sealed class Tally
    {
        private readonly LongConcurrentHistogram latency = new(1, (long)TimeSpan.FromMinutes(2).TotalMicroseconds, 3);
        private readonly SortedDictionary<string, long> errors = new(StringComparer.Ordinal);
        private long done;
        private volatile bool counts;

        public bool Counts
        {
            get => counts;
            set => counts = value;
        }

        public long Done => Interlocked.Read(ref done);

        public void Answered(TimeSpan after, bool isTimed)
        {
            if (counts) Interlocked.Increment(ref done);
            if (isTimed) latency.RecordValue(Math.Clamp((long)after.TotalMicroseconds, 1, latency.HighestTrackableValue));
        }

        public void Failed(string code)
        {
            if (!counts) return;
            lock (errors) errors[code] = errors.GetValueOrDefault(code) + 1;
        }

        public LoopResult Result(int clients, TimeSpan time) => new(clients, time, Done, errors, latency);
    }
}
