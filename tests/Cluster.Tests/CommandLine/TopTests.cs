using System.Text.Json;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Top;
using AkkaHa.ClientApi;
using Spectre.Console;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>What <c>akkaha top</c> makes of what a cluster says. The answer was recorded under <c>akkaha bench</c>, with one node's trouble written into it.</summary>
public sealed class TopTests
{
    private const string First = "akka.tcp://AkkaHa@127.0.0.1:21010", Second = "akka.tcp://AkkaHa@127.0.0.1:21020", Third = "akka.tcp://AkkaHa@127.0.0.1:21030";

    private static readonly TopSnapshot Recorded = Snapshot(TopSource.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "CommandLine", "Recorded", "activity.json")))!);

    [Fact]
    public void Rates_are_those_of_the_last_slot_of_time_that_is_over()
    {
        var frame = TopFrames.Of(Recorded);
        var locks = frame.Calls.Single(c => c.Kind == "locks");
        Assert.Equal(3459 / 5.0, locks.PerSecond, 3);
        Assert.Equal((0.000861, 0.0116), (Math.Round(locks.P50Seconds!.Value, 6), Math.Round(locks.P99Seconds!.Value, 4)));
        Assert.Equal(["keys", "locks", "sessions", "transactions", "all"], frame.Calls.Select(c => c.Kind));
        Assert.Equal(3829 / 5.0, frame.Members.Single(m => m.Address == Second).CallsPerSecond!.Value, 3);
        Assert.Equal(("sqlite", 4741 / 5.0), (frame.Database!.Provider, frame.Database.WritesPerSecond));
    }

    [Fact]
    public void A_node_that_is_not_ready_is_in_the_verdict_and_its_reason_beside_the_database()
    {
        var frame = TopFrames.Of(Recorded);
        Assert.False(frame.Well);
        Assert.Equal("3 of 3 members up; all 2 shards owned; not ready: 127.0.0.1:21030", frame.Verdict);
        Assert.Contains("127.0.0.1:21030: database is locked", frame.Database!.Troubles);
        Assert.Equal([true, true, false], frame.Members.Select(m => m.Ready!.Value));
    }

    [Fact]
    public void A_member_that_is_unreachable_and_a_shard_without_an_owner_are_in_the_verdict()
    {
        var cluster = new ClusterPicture([Member(First), Member(Second) with { Reachable = false }], First);
        var frame = TopFrames.Of(Recorded with { Cluster = cluster, Ring = new RingPicture([Shard(0, true), Shard(1, false)]) });
        Assert.Equal("1 of 2 members up; 1 of 2 shards without an owner; unreachable: 127.0.0.1:21020", frame.Verdict);
        Assert.False(frame.Well);
    }

    [Fact]
    public void Moves_that_belong_together_are_one_line_for_each_way_the_latest_first() => Assert.Equal(
        [(Second, Third, 3), (First, Second, 2), ("", First, 1)], TopFrames.Of(Recorded).Moves.Select(m => (m.From, m.To, m.Shards)));

    [Fact]
    public void Hot_locks_are_those_with_the_longest_queues_and_then_the_oldest_waiters()
    {
        var frame = TopFrames.Of(Recorded with { Locks = new([Lock("idle"), Lock("short", 9), Lock("long", 1, 2), Lock("old", 30, 1)], null) });
        Assert.Equal((4, false, 5), (frame.Locks!.InUse, frame.Locks.More, frame.Locks.Waiters));
        Assert.Equal([("old", 2, 30.0), ("long", 2, 2.0), ("short", 1, 9.0)], frame.Locks.Hot.Select(l => (l.Name, l.Waiters, l.OldestWaitSeconds)));
        Assert.Equal(["worker-1"], frame.Locks.Hot[0].HeldBy);
    }

    [Fact]
    public void Transactions_that_take_longer_than_their_deadline_are_in_doubt()
    {
        var open = new UnsettledTransactions([Transaction("a", TransactionOutcome.InProgress, 1), Transaction("b", TransactionOutcome.InProgress, 11), Transaction("c", TransactionOutcome.Committed, 70)], false);
        var frame = TopFrames.Of(Recorded with { Transactions = open }).Transactions!;
        Assert.Equal((2, 1, 2), (frame.Open, frame.Unfinished, frame.InDoubt));
        Assert.Equal(["c", "b", "a"], frame.Oldest.Select(t => t.TransactionId));
    }

    [Fact]
    public void What_is_not_answered_is_said_and_the_rest_is_shown()
    {
        var frame = TopFrames.Of(Recorded with { Activity = new(null, "http://a: no route"), Locks = new(null, "UNAVAILABLE: list locks") });
        Assert.Equal(["figures: http://a: no route", "locks: UNAVAILABLE: list locks"], frame.Troubles);
        Assert.True(frame.Answered);
        Assert.False(frame.Well);
        var text = Text(frame);
        Assert.Contains("locks: UNAVAILABLE: list locks", text, StringComparison.Ordinal);
        Assert.Contains("| 127.0.0.1:21010 (leader) | Up", text, StringComparison.Ordinal);

        Assert.False(TopFrames.Of(Recorded with { Cluster = new(null, "UNAVAILABLE: get cluster") }).Answered);
    }

    [Fact]
    public void A_node_of_another_version_may_leave_things_out_and_tell_more()
    {
        var activity = TopSource.Parse("""{"nowMs":1000,"nodes":[{"address":"a","more":1}],"weather":"fine"}""")!;
        Assert.Empty(TopFrames.Of(Recorded with { Activity = activity }).Calls);
    }

    [Fact]
    public void Text_has_every_part_and_no_colours()
    {
        var text = Text(TopFrames.Of(Recorded));
        foreach (var part in new[] { "members\n", "calls, in the last seconds\n", "| locks        | 692 ", "database: sqlite, 948 writes/s", "failovers\n", "moved lately\n", "locks: 0 in use", "transactions: 0 open", "(00:42:02 UTC)" })
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public void JSON_has_the_names_of_the_HTTP_API()
    {
        using var output = new StringWriter();
        Json.WriteLine(output, TopFrames.Of(Recorded));
        var frame = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal(First, frame.GetProperty("members")[0].GetProperty("address").GetString());
        Assert.Equal(30, frame.GetProperty("failovers")[1].GetProperty("shards").GetInt32());
        Assert.False(frame.TryGetProperty("answered", out _));
    }

    [Fact]
    public void A_terminal_that_does_not_know_its_size_is_painted_as_one_of_80_columns()
    {
        using var terminal = new StringWriter();
        using (var screen = new FullScreen(terminal, () => (0, 0))) screen.Paint(TopOutput.Picture(TopFrames.Of(Recorded)), "every 2 s; Ctrl-C ends it");
        Assert.Contains("every 2 s; Ctrl-C ends it", terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_terminal_is_left_as_it_was_and_a_picture_has_no_more_lines_than_there_is_room_for()
    {
        using var terminal = new StringWriter();
        using (var screen = new FullScreen(terminal, () => (40, 5)))
        {
            terminal.GetStringBuilder().Clear();
            screen.Paint(new Rows(Enumerable.Range(0, 20).Select(i => new Text($"line {i}"))), "below");
            var painted = terminal.ToString();
            Assert.Equal(4, painted.Split("\r\n").Length - 1);
            Assert.Contains("line 2", painted, StringComparison.Ordinal);
            Assert.DoesNotContain("line 3", painted, StringComparison.Ordinal);
        }
        Assert.EndsWith("\e[?25h\e[?1049l", terminal.ToString(), StringComparison.Ordinal);
    }

    private static string Text(TopFrame frame)
    {
        using var output = new StringWriter();
        TopOutput.Write(output, frame);
        return output.ToString();
    }

    private static TopSnapshot Snapshot(Activity activity) => new(
        new ClusterPicture([Member(First), Member(Second), Member(Third)], First), new RingPicture([Shard(0, true), Shard(1, true)]), activity, new([], null), new UnsettledTransactions([], false));

    private static ClusterMember Member(string address) => new(address, "i", "Up", true, "0.1.0", 85, TimeSpan.FromSeconds(1.4), TimeSpan.FromHours(1), "http://h", "http://g");

    private static ShardOwner Shard(int number, bool allocated) => new(number, First, "http://g", "http://h", 1, allocated);

    private static LockState Lock(string name, params double[] waits) => new(
        name, new Fence(7), [new LockHolder("3-x", "h", "worker-1", LockMode.Exclusive, new Fence(7), TimeSpan.FromSeconds(5))],
        [.. waits.Select((w, i) => new LockWaiter("4-x", "h", "", LockMode.Exclusive, i + 1, TimeSpan.FromSeconds(w)))]);

    private static UnsettledTransaction Transaction(string id, TransactionOutcome outcome, double age) =>
        new(new TransactionId(id), outcome, TimeSpan.FromSeconds(age), 1, ["kv/a"], ["kv/a"]);
}
