using AkkaHa.Core.Overload;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Overload;

public sealed class SheddingTests
{
    private const double TargetMs = 100;

    [Fact]
    public void Nothing_is_refused_while_the_shortest_wait_is_within_the_target() => Gen.Double[0, TargetMs].Array[1, 100].Sample(waits =>
    {
        var shedding = new Shedding(TargetMs);
        foreach (var wait in waits)
        {
            shedding.Window(wait);
            Assert.Equal(0, shedding.Share);
        }
    });

    [Fact]
    public void Two_long_windows_are_chance_and_a_third_in_a_row_is_not()
    {
        var shedding = new Shedding(TargetMs);
        for (var i = 0; i < 20; i++)
        {
            shedding.Window(900);
            shedding.Window(900);
            Assert.Equal(0, shedding.Share);
            shedding.Window(10);
        }
        for (var i = 0; i < Shedding.WindowsBefore; i++) shedding.Window(200);
        Assert.InRange(shedding.Share, 0.1, 0.5);
    }

    [Fact]
    public void Some_work_is_taken_however_long_the_waits_are_and_a_longer_wait_refuses_no_less() => Gen.Select(Gen.Double[0, 60_000].Array[0, 60], Gen.Double[101, 60_000], Gen.Double[0, 60_000]).Sample((before, wait, more) =>
    {
        var (one, other) = (new Shedding(TargetMs), new Shedding(TargetMs));
        foreach (var earlier in before)
        {
            one.Window(earlier);
            other.Window(earlier);
        }
        one.Window(wait);
        other.Window(wait + more);
        Assert.InRange(one.Share, 0, Shedding.ShareAtMost);
        Assert.InRange(other.Share, one.Share, Shedding.ShareAtMost);
    });

    [Fact]
    public void Whatever_was_before_all_is_taken_again_three_seconds_after_nobody_waits_any_more() => Gen.Double[0, 60_000].Array[0, 200].Sample(before =>
    {
        var shedding = new Shedding(TargetMs);
        foreach (var wait in before) shedding.Window(wait);
        for (var i = 0; i < 3000 / Shedding.WindowMs; i++) shedding.Window(0);
        Assert.Equal(0, shedding.Share);
    });

    [Theory]
    [InlineData(1.1)]
    [InlineData(1.5)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_queue_that_is_asked_too_much_settles_at_the_target_and_does_nearly_all_that_it_can(double load)
    {
        var queue = new OneQueue(TargetMs);
        var (before, _) = queue.Run(0.5, 5);
        Assert.All(before, wait => Assert.Equal(0, wait));

        var (begin, _) = queue.Run(load, 2 * load);
        var (settled, done) = queue.Run(load, 25);

        // A rough time at the beginning, in proportion to how much too much it is, and then no more than twice the target.
        Assert.InRange(begin.Max(), TargetMs, 500 * load);
        Assert.All(settled, wait => Assert.InRange(wait, TargetMs / 2, 2 * TargetMs));
        // What is left is what refusing costs.
        Assert.InRange(done, 0.95 - (0.1 * (load - 1)), 1.01);
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(2)]
    [InlineData(5)]
    public void When_the_load_ends_the_wait_is_over_within_a_second_and_all_is_taken_within_three(double load)
    {
        var queue = new OneQueue(TargetMs);
        queue.Run(load, 30);

        var (waits, _) = queue.Run(0.5, 3);

        Assert.All(waits.Skip(10), wait => Assert.Equal(0, wait));
        Assert.Equal(0, queue.Shedding.Share);
    }

    [Fact]
    public void At_half_load_a_pause_of_the_whole_process_refuses_nothing()
    {
        var queue = new OneQueue(TargetMs);
        queue.Run(0.5, 5);
        queue.Pause(0.5, 0.4);
        var (waits, done) = queue.Run(0.5, 5);

        Assert.True(waits[0] > TargetMs);
        Assert.Equal(0.5, done, 0.001);
    }
}
