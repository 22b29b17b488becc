using AkkaHa.Cli.Bench;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>The loop that everything that is compared is driven by.</summary>
public sealed class BenchTests
{
    private static readonly LoopPlan Short = new(4, TimeSpan.Zero, TimeSpan.FromMilliseconds(600));

    [Fact]
    public async Task What_is_done_is_counted_and_timed_and_what_fails_is_counted_by_its_code()
    {
        var result = await ClosedLoop.RunAsync(
            // Long enough for a machine that stands still for a while.
            Short with { Time = TimeSpan.FromSeconds(4) }, async (client, cancel) =>
            {
                await Task.Delay(20, cancel);
                if (client == 0) throw new TimeoutException();
            },
            e => e is TimeoutException ? "LATE" : null);
        var atMost = 1 + (result.Time / TimeSpan.FromMilliseconds(20));
        Assert.InRange(result.Done, 1, 3 * atMost);
        Assert.InRange(result.Errors["LATE"], 1, atMost);
        Assert.InRange(result.Percentile(50)!.Value, TimeSpan.FromMilliseconds(15), TimeSpan.FromSeconds(10));
        Assert.True(result.Percentile(50) <= result.Percentile(99.9));
        Assert.Equal(result.Done / result.Time.TotalSeconds, result.PerSecond);
    }

    [Fact]
    public async Task No_client_asks_again_before_it_is_answered()
    {
        var under = new int[4];
        var most = 0;
        await ClosedLoop.RunAsync(
            Short, async (client, cancel) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref under[client]));
                await Task.Delay(5, cancel);
                Interlocked.Decrement(ref under[client]);
            },
            _ => null);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task What_is_asked_in_the_time_is_timed_though_it_is_answered_later_and_what_is_answered_in_it_is_counted_though_it_was_asked_before()
    {
        var (begins, ends) = (new TaskCompletionSource(), new TaskCompletionSource());
        var asked = 0;
        var result = await ClosedLoop.RunAsync(
            new LoopPlan(1, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5)) { MeasuringBegins = begins.SetResult, MeasuringEnds = ends.SetResult },
            async (_, cancel) =>
            {
                await (asked++ == 0 ? begins : ends).Task;
                await Task.Delay(500, cancel);
            },
            _ => null);
        Assert.Equal((1, 1), (result.Done, result.Latency.TotalCount));
        // Of the second: from the first one's end until after the time.
        Assert.InRange(result.Percentile(50)!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_is_answered_before_the_warm_up_is_over_does_not_count()
    {
        var begun = false;
        var (before, after) = (0, 0);
        var result = await ClosedLoop.RunAsync(
            new LoopPlan(2, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4)) { MeasuringBegins = () => begun = true },
            async (_, cancel) =>
            {
                await Task.Delay(5, cancel);
                if (begun) Interlocked.Increment(ref after);
                else Interlocked.Increment(ref before);
            },
            _ => null);
        // Each client may be on its way from here to the count when the time begins.
        Assert.InRange(before, 3, int.MaxValue);
        Assert.InRange(result.Done, 1, after + 2);
        Assert.InRange(result.Time, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task An_exception_that_is_no_answer_ends_the_run() => await Assert.ThrowsAsync<InvalidOperationException>(() => ClosedLoop.RunAsync(
        new LoopPlan(2, TimeSpan.Zero, TimeSpan.FromMinutes(5)), (client, cancel) => client == 1 ? throw new InvalidOperationException("a bug") : Task.Delay(5, cancel), _ => null));

    [Fact]
    public async Task A_run_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ClosedLoop.RunAsync(
            new LoopPlan(2, TimeSpan.Zero, TimeSpan.FromMinutes(5)), (_, token) => Task.Delay(TimeSpan.FromMinutes(5), token), _ => "ERROR", cancel.Token));
    }
}
