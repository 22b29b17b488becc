using AkkaHa.Messages.Internal;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Ownership;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

public sealed class NodeHistoryTests
{
    private const string A = "akka.tcp://AkkaHa@a:1 one";
    private const string B = "akka.tcp://AkkaHa@b:1 two";
    private const string C = "akka.tcp://AkkaHa@c:1 three";

    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(1_000_000));
    private readonly NodeHistory history;

    public NodeHistoryTests() => history = new NodeHistory(time);

    [Fact]
    public void The_first_reading_of_the_owners_tells_of_no_move()
    {
        history.Owned([new ShardRow(0, 5, A), new ShardRow(1, 6, B)]);
        Assert.Empty(history.Report(0).Moves);
    }

    [Fact]
    public void A_shard_that_was_given_back_and_then_taken_has_moved_once()
    {
        history.Owned([new ShardRow(0, 5, A)]);
        history.Owned([new ShardRow(0, 5, null)]);
        history.Owned([new ShardRow(0, 6, B)]);
        history.Owned([new ShardRow(0, 6, B)]);
        var move = Assert.Single(history.Report(0).Moves);
        Assert.Equal((0, "akka.tcp://AkkaHa@a:1", "akka.tcp://AkkaHa@b:1", 6L), (move.Shard, move.From, move.To, move.Epoch));
    }

    [Fact]
    public void A_failover_lasts_until_the_last_shard_of_the_lost_member_has_another_owner()
    {
        history.Owned([new ShardRow(0, 1, A), new ShardRow(1, 2, A), new ShardRow(2, 3, B)]);
        history.Unreachable(A);
        time.Advance(TimeSpan.FromSeconds(1));
        history.Removed(A, downed: true);
        history.Owned([new ShardRow(0, 4, B), new ShardRow(1, 2, A), new ShardRow(2, 3, B)]);
        Assert.Equal(0, Assert.Single(history.Report(0).Failovers).UntilMs);
        time.Advance(TimeSpan.FromSeconds(1.5));
        history.Owned([new ShardRow(0, 4, B), new ShardRow(1, 5, C), new ShardRow(2, 3, B)]);
        var failover = Assert.Single(history.Report(0).Failovers);
        Assert.Equal((2, 2500L, "one"), (failover.Shards, failover.UntilMs - failover.FromMs, failover.Incarnation));
        Assert.True(Assert.Single(history.Report(0).Gone).Downed);
    }

    [Fact]
    public void A_member_that_comes_back_before_anything_was_taken_from_it_and_one_that_leaves_are_no_failovers()
    {
        history.Owned([new ShardRow(0, 1, A), new ShardRow(1, 2, B)]);
        history.Unreachable(A);
        history.Reachable(A);
        history.Owned([new ShardRow(0, 3, A), new ShardRow(1, 4, A)]);
        history.Unreachable(B);
        history.Removed(B, downed: false);
        Assert.Empty(history.Report(0).Failovers);
        Assert.False(Assert.Single(history.Report(0).Gone).Downed);
    }

    [Fact]
    public void A_member_that_comes_back_after_some_was_taken_from_it_was_a_failover_of_those_and_it_is_over()
    {
        history.Owned([new ShardRow(0, 1, A), new ShardRow(1, 2, A)]);
        history.Unreachable(A);
        time.Advance(TimeSpan.FromSeconds(1));
        history.Owned([new ShardRow(0, 3, B), new ShardRow(1, 2, A)]);
        time.Advance(TimeSpan.FromSeconds(1));
        history.Reachable(A);
        var failover = Assert.Single(history.Report(0).Failovers);
        Assert.Equal((1, 2000L), (failover.Shards, failover.UntilMs - failover.FromMs));
    }

    [Fact]
    public void What_is_logged_becomes_an_event_and_the_same_again_a_count()
    {
        using var provider = new EventLogProvider(history);
        var log = provider.CreateLogger("AkkaHa.Lease");
        log.LogWarning(new InvalidOperationException("Password=secret"), "The lease could not be renewed: {Message}", "no answer");
        log.LogWarning("The lease could not be renewed: {Message}", "no answer");
        log.LogDebug("not this");
        provider.CreateLogger("Microsoft.Hosting").LogError("nor this");
        var told = Assert.Single(history.Report(0).Events);
        Assert.Equal(("warning", "The lease could not be renewed: no answer", 2), (told.Level, told.Text, told.Count));
    }

    [Fact]
    public void The_log_of_events_is_bounded_and_so_is_each_text()
    {
        for (var i = 0; i < EventLog.AtMost + 50; i++) history.Happened("info", $"{i} {new string('x', 5000)}");
        var events = history.Report(0).Events;
        Assert.Equal(EventLog.AtMost, events.Count);
        Assert.StartsWith("50 ", events[0].Text, StringComparison.Ordinal);
        Assert.All(events, e => Assert.InRange(e.Text.Length, 1, 501));
    }

    [Fact]
    public void What_several_nodes_saw_is_told_once_and_their_calls_are_added()
    {
        var other = new NodeHistory(time);
        foreach (var node in (NodeHistory[])[history, other])
        {
            node.Owned([new ShardRow(0, 1, A)]);
            node.Unreachable(A);
            node.Happened("error", "a is unreachable", "unreachable one 100000");
            node.Happened("info", "only here");
            time.Advance(TimeSpan.FromSeconds(1));
            node.Owned([new ShardRow(0, 2, B)]);
            for (var i = 0; i < 10; i++) node.Called(CallKind.Keys, CallEnd.Done, 0.01);
            node.Called(CallKind.Journal, CallEnd.Done, 2);
        }
        HistoryReport[] reports = [history.Report(0), other.Report(0)];
        (reports[0].Address, reports[1].Address) = ("akka.tcp://AkkaHa@a:1", "akka.tcp://AkkaHa@b:1");
        var view = HistoryMerge.Of(history.NowMs, reports, ["akka.tcp://AkkaHa@c:1"]);
        Assert.Single(view.Moves);
        Assert.Single(view.Failovers);
        Assert.Equal(["a is unreachable", "only here", "only here"], view.Events.Select(e => e.Text).Order(StringComparer.Ordinal));
        Assert.Equal("", view.Events.Single(e => e.Text == "a is unreachable").Node);
        Assert.Equal(20, view.Slots.Sum(s => s.Kinds["keys"].Done));
        // Writes to the journal are no calls.
        Assert.All(view.Slots, s => Assert.InRange(s.Kinds["all"].Max!.Value, 0.01, 0.012));
        Assert.Equal(20, view.Nodes.Sum(n => n.Slots.Sum(s => s.Calls)));
    }
}
