using AkkaHa.Core.Ownership;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

public sealed class LeaseWatchTests
{
    private static readonly LeaseTimings Timings = new(LeaseMs: 1500, RenewEveryMs: 300);

    [Fact]
    public void Given_a_look_between_two_renewals_When_it_brings_a_change_Then_the_lease_runs_from_there()
    {
        var watch = new LeaseWatch(Timings);
        watch.Saw([new NodeRow("it", 1, false)], 0);
        watch.Looked([new NodeRow("it", 2, false)], 100);
        for (var at = 300; at <= 1500; at += 300) watch.Saw([new NodeRow("it", 2, false)], at);
        Assert.Null(watch.ExpiredAt("it", 1615));
        Assert.Equal(2, watch.ExpiredAt("it", 1616));
    }

    [Fact]
    public void Given_looks_alone_When_no_renewal_succeeds_Then_nothing_is_known()
    {
        var watch = new LeaseWatch(Timings);
        watch.Looked([new NodeRow("it", 1, false)], 0);
        Assert.Null(watch.Find("it"));
        watch.Saw([new NodeRow("it", 1, false)], 100);
        for (var at = 200; at <= 3000; at += 100) watch.Looked([new NodeRow("it", 1, false)], at);
        Assert.Null(watch.ExpiredAt("it", 3000));
        watch.Interrupted();
        watch.Looked([new NodeRow("it", 1, false)], 3100);
        Assert.Null(watch.Find("it"));
    }

    private readonly LeaseWatch watch = new(Timings);

    [Fact]
    public void The_watch_is_longer_than_the_lease_by_what_clocks_may_differ()
    {
        Assert.Equal(1515, Timings.WatchMs);
        // Rounded up: a lease of 50 ms is not watched for 50.
        Assert.Equal(51, new LeaseTimings(LeaseMs: 50).WatchMs);
    }

    [Fact]
    public void What_was_never_seen_is_not_known()
    {
        Assert.Null(watch.Find("a"));
        Assert.Null(watch.UnchangedMs("a", 1000));
        Assert.Null(watch.ExpiredAt("a", 1_000_000));
    }

    [Fact]
    public void A_counter_that_stands_still_for_longer_than_the_watch_has_run_out()
    {
        SeeEvery300(from: 1000, to: 2515, counter: 7);
        Assert.Null(watch.ExpiredAt("a", 2515));
        Assert.Equal(7, watch.ExpiredAt("a", 2516));
        Assert.Equal(1516, watch.UnchangedMs("a", 2516));
        Assert.Equal(new NodeRow("a", 7, false), watch.Find("a"));
    }

    [Fact]
    public void A_change_starts_it_again()
    {
        SeeEvery300(1000, 2200, 7);
        watch.Saw([new NodeRow("a", 8, false)], 2500);
        Assert.Equal(0, watch.UnchangedMs("a", 2500));
        Assert.Null(watch.ExpiredAt("a", 3500));
    }

    [Fact]
    public void Being_fenced_is_no_change()
    {
        SeeEvery300(1000, 2200, 7);
        watch.Saw([new NodeRow("a", 7, true)], 2500);
        Assert.Equal(7, watch.ExpiredAt("a", 2600));
        Assert.True(watch.Find("a")!.Value.Fenced);
    }

    [Fact]
    public void A_failed_renewal_of_its_own_starts_it_again()
    {
        SeeEvery300(1000, 2500, 7);
        watch.Interrupted();
        Assert.Null(watch.UnchangedMs("a", 2600));
        watch.Saw([new NodeRow("a", 7, false)], 2700);
        Assert.Null(watch.ExpiredAt("a", 2701));
        Assert.Equal(1, watch.UnchangedMs("a", 2701));
    }

    [Fact]
    public void Silence_gives_everybody_the_whole_time_again()
    {
        SeeEvery300(1000, 1900, 7);
        // 4 renewals without a word: perhaps it was this node that stood still.
        Assert.Equal(2100, watch.UnchangedMs("a", 3100));
        Assert.Null(watch.UnchangedMs("a", 3101));
        Assert.Null(watch.ExpiredAt("a", 3101));
        watch.Saw([new NodeRow("a", 7, false)], 3101);
        Assert.Equal(0, watch.UnchangedMs("a", 3101));
    }

    [Fact]
    public void A_row_that_is_gone_is_forgotten()
    {
        SeeEvery300(1000, 2500, 7);
        watch.Saw([new NodeRow("b", 1, false)], 2600);
        Assert.Null(watch.Find("a"));
        watch.Saw([new NodeRow("a", 7, false), new NodeRow("b", 1, false)], 2700);
        Assert.Equal(0, watch.UnchangedMs("a", 2700));
        Assert.Equal(100, watch.UnchangedMs("b", 2700));
    }

    private void SeeEvery300(long from, long to, long counter)
    {
        for (var at = from; at <= to; at += 300) watch.Saw([new NodeRow("a", counter, false)], at);
    }
}
