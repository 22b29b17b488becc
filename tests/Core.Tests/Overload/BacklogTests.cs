using AkkaHa.Core.Overload;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Overload;

public sealed class BacklogTests
{
    private const double WaitMs = 200;

    [Fact]
    public void Who_has_done_nothing_yet_may_have_a_burst_waiting() => Assert.Equal(Backlog.Burst, new Backlog(WaitMs).AtMost);

    [Fact]
    public void Much_that_lasts_is_no_burst_and_after_five_seconds_with_little_one_may_come_again()
    {
        var backlog = new Backlog(WaitMs);
        Windows(backlog, 1, done: 50, waiting: Backlog.AtLeast / 2);
        Assert.Equal((Backlog.Burst, 0.0), (backlog.AtMost, backlog.LessAMs));
        // It was one.
        Windows(backlog, 1, done: 50, waiting: 0);
        Windows(backlog, 1, done: 50, waiting: 2_000);
        Assert.Equal((Backlog.Burst, 0.0), (backlog.AtMost, backlog.LessAMs));

        Windows(backlog, 1, done: 50, waiting: 2_000);
        Assert.Equal(Backlog.AtLeast, backlog.AtMost);
        Assert.InRange(backlog.LessAMs, 0.01, 0.5);
        Windows(backlog, 49, done: 50, waiting: 0);
        Assert.Equal(Backlog.AtLeast, backlog.AtMost);
        Assert.InRange(backlog.LessAMs, 0.01, 0.5);
        Windows(backlog, 1, done: 50, waiting: 0);
        Assert.Equal((Backlog.Burst, 0.0), (backlog.AtMost, backlog.LessAMs));
    }

    [Fact]
    public void While_anything_is_refused_there_is_much_however_little_waits()
    {
        var backlog = new Backlog(WaitMs);
        for (var i = 0; i < 100; i++) backlog.Window(50, 0, 0, refuses: true);
        Assert.Equal(Backlog.AtLeast, backlog.AtMost);
    }

    [Fact]
    public void While_much_waits_as_much_may_wait_as_is_done_in_the_time()
    {
        var backlog = new Backlog(WaitMs);
        Windows(backlog, 30, done: 500, waiting: 2_000);
        Assert.InRange(backlog.AtMost, 980, 1_000);

        // Half a second in which nothing is done is no sign of less; it has become slower when that lasts.
        Windows(backlog, 5, done: 0, waiting: 2_000);
        Assert.InRange(backlog.AtMost, 900, 1_000);
        Windows(backlog, 300, done: 200, waiting: 2_000);
        Assert.InRange(backlog.AtMost, 400, 420);
    }

    /// <summary>Its waiting in all is to be no longer than that of what comes at once.</summary>
    [Fact]
    public void What_has_waited_finds_so_much_less_in_front_of_it_as_was_done_in_that_time()
    {
        var backlog = new Backlog(WaitMs);
        Windows(backlog, 100, done: 500, waiting: 2_000, usualMs: 300);
        Assert.InRange(backlog.LessAMs, 4.99, 5);
        Assert.Equal(WaitMs + 300, backlog.AtMost / backlog.LessAMs, 1.0);
    }

    [Fact]
    public void What_it_takes_where_nobody_waits_is_no_waiting()
    {
        var backlog = new Backlog(WaitMs);
        Windows(backlog, 30, done: 500, waiting: 2_000, usualMs: 300);
        Assert.InRange(backlog.AtMost, 2_450, 2_500);
    }

    [Fact]
    public void Who_has_little_to_do_can_do_what_he_once_did()
    {
        var backlog = new Backlog(WaitMs);
        Windows(backlog, 30, done: 2_000, waiting: 2_000);
        Windows(backlog, 600, done: 3, waiting: 0);
        Assert.InRange(backlog.AtMost, 3_920, 4_000);
    }

    [Fact]
    public void The_bound_is_never_below_the_least_and_never_above_a_burst_or_the_most_that_was_ever_done_in_the_time() =>
        Gen.Select(Gen.Int[0, 3_000], Gen.Int[0, 3_000]).Array[1, 200].Sample(windows =>
        {
            var backlog = new Backlog(WaitMs);
            foreach (var (done, waiting) in windows) backlog.Window(done, waiting, 0, false);
            Assert.InRange(backlog.AtMost, Backlog.AtLeast, Math.Max(Backlog.Burst, windows.Max(w => w.Item1) * WaitMs / Shedding.WindowMs));
        });

    /// <summary>Calls come at once, as they do when a node had not the processor for a while: before any of them has waited.</summary>
    [Fact]
    public void However_bursts_come_what_is_taken_waits_no_longer_than_the_time_and_nearly_all_is_done_that_can_be() =>
        Gen.Select(Gen.Double[1.2, 5], Gen.Int[1, 15], Gen.Int[2_000, 20_000]).Sample((load, stepsBetween, aSecond) =>
        {
            const int Step = 10;
            var (backlog, waiting, due, doneOfWindow, doneOfAll, worstMs, refuses) = (new Backlog(WaitMs), 0.0, 0.0, 0.0, 0.0, 0.0, false);
            for (var step = 1; step <= 2_000; step++)
            {
                due += load * aSecond * Step / 1000;
                if (step % stepsBetween == 0)
                {
                    var taken = Math.Min(due, Math.Max(0, backlog.AtMost - waiting));
                    refuses |= taken < due;
                    waiting += taken;
                    due = 0;
                    if (step > 500) worstMs = Math.Max(worstMs, waiting / aSecond * 1000);
                }
                var done = Math.Min(waiting, aSecond * Step / 1000.0);
                waiting -= done;
                doneOfWindow += done;
                if (step > 500) doneOfAll += done;
                if (step % (Shedding.WindowMs / Step) != 0) continue;
                backlog.Window((int)doneOfWindow, (int)waiting, 0, refuses);
                (doneOfWindow, refuses) = (0, false);
            }
            Assert.True(worstMs <= 1.1 * WaitMs, $"{worstMs} ms");
            Assert.True(doneOfAll >= 0.9 * aSecond * 15, $"{doneOfAll / 15} of {aSecond} a second");
        });

    private static void Windows(Backlog backlog, int count, int done, int waiting, double usualMs = 0)
    {
        for (var i = 0; i < count; i++) backlog.Window(done, waiting, usualMs, refuses: false);
    }
}
