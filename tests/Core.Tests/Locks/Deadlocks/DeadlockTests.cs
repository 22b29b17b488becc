using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Locks.Deadlocks;

public sealed class DeadlockTests
{
    private static FlowNet Circle(int of, bool hasFlow = true)
    {
        var net = new FlowNet(of);
        for (var i = 0; i < of; i++) net.Acquire(i, $"l{i}", label: $"has {i}", hasFlow: hasFlow);
        net.Quiet(500);
        for (var i = 0; i < of; i++)
        {
            net.Acquire(i, $"l{(i + 1) % of}", label: $"worker {i}", hasFlow: hasFlow);
            net.Quiet(i == of - 1 ? 0 : 3000);
        }
        return net;
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void The_last_to_wait_is_told_of_the_circle_within_a_second_and_nobody_else_is(int flows)
    {
        var net = Circle(flows);
        Assert.Equal(flows, net.InCircles().Count);
        net.Quiet(900);
        var failure = Assert.Single(net.Flows[flows - 1].Deadlocks);
        Assert.All(net.Flows.Take(flows - 1), f => Assert.Empty(f.Deadlocks));
        Assert.Equal(Enumerable.Range(0, flows).Select(i => (flows - 1 + i) % flows).Select(i => new FlowNet.Edge(i, $"l{(i + 1) % flows}", (i + 1) % flows)), FlowNet.CircleOf(failure));
        var first = failure.Details.Fields["cycle"].ListValue.Values[0].StructValue.Fields;
        Assert.Equal((FlowNet.Session(flows - 1), $"worker {flows - 1}"), (first["sessionId"].StringValue, first["label"].StringValue));
        // It has what it had, and gives way by letting go.
        Assert.Empty(net.InCircles());
        net.Release(flows - 1, $"l{flows - 1}");
        net.Quiet(100);
        Assert.True(net.Flows[flows - 2].Held.ContainsKey($"l{flows - 1}"));
    }

    [Fact]
    public void Who_waits_for_what_it_has_by_another_holder_is_a_circle_of_one()
    {
        var net = new FlowNet(1);
        net.Acquire(0, "l");
        net.Quiet(300);
        net.Acquire(0, "l");
        net.Quiet(900);
        Assert.Equal([new FlowNet.Edge(0, "l", 0)], FlowNet.CircleOf(Assert.Single(net.Flows[0].Deadlocks)));
    }

    /// <summary>Each newcomer waits behind the circle's lock, and is gone before it would look again.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_steady_stream_of_waits_puts_nothing_off_and_does_not_look_all_the_time(int everyMs)
    {
        var net = new FlowNet(3);
        net.Acquire(0, "l0");
        net.Acquire(1, "l1");
        net.Quiet(500);
        net.Acquire(0, "l1");
        net.Quiet(3000);
        var before = net.Searching;
        for (var ms = 0; ms < 2000; ms += everyMs)
        {
            net.Acquire(2, "l1");
            net.Quiet(everyMs);
            net.Cancel(2);
        }
        Assert.InRange(net.Searching - before, 1, 40);
        net.Acquire(1, "l0");
        for (var ms = 0; ms < 900; ms += everyMs)
        {
            net.Acquire(2, "l0");
            net.Quiet(everyMs);
            net.Cancel(2);
        }
        Assert.Single(net.Flows[1].Deadlocks);
        Assert.Empty(net.Flows[0].Deadlocks);
    }

    /// <summary>
    /// Flow 0 waits for two locks at once; 1 has one of them, and waits for the other behind it. It is a circle when 0 is granted that; alone, or together with one without a flow, who is then the last of
    /// those that were granted.
    /// </summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(500, false)]
    [InlineData(1000, false)]
    [InlineData(1500, false)]
    [InlineData(0, true)]
    [InlineData(500, true)]
    [InlineData(1000, true)]
    [InlineData(1500, true)]
    public void A_circle_that_a_grant_closes_is_found_within_a_second_however_long_all_have_waited(int more, bool severalAtOnce)
    {
        var net = new FlowNet(4);
        net.Acquire(1, "x");
        net.Acquire(2, "y");
        net.Quiet(300);
        net.Acquire(0, "x");
        net.Acquire(0, "y", severalAtOnce ? LockMode.Shared : LockMode.Exclusive);
        net.Quiet(100);
        if (severalAtOnce) net.Acquire(3, "y", LockMode.Shared, hasFlow: false);
        net.Quiet(100);
        net.Acquire(1, "y");
        net.Quiet(20_000 + more);
        Assert.All(net.Flows, f => Assert.Empty(f.Deadlocks));
        net.Release(2, "y");
        net.Quiet(900);
        Assert.Equal(1, net.Flows.Sum(f => f.Deadlocks.Count));
    }

    [Fact]
    public void A_circle_through_one_of_many_locks_that_a_flow_waits_at_is_found()
    {
        var net = new FlowNet(10);
        net.Acquire(1, "x");
        for (var i = 2; i < 10; i++) net.Acquire(i, $"l{i}");
        net.Acquire(0, "mine");
        net.Quiet(300);
        net.Acquire(0, "x");
        for (var i = 2; i < 10; i++) net.Acquire(0, $"l{i}");
        net.Quiet(5000);
        net.Acquire(1, "mine");
        net.Quiet(900);
        Assert.Equal(1, net.Flows.Sum(f => f.Deadlocks.Count));
    }

    [Fact]
    public void Without_flow_ids_nothing_is_looked_at()
    {
        var net = Circle(2, hasFlow: false);
        net.Quiet(5000);
        Assert.All(net.Flows, f => Assert.Empty(f.Deadlocks));
        Assert.Equal(0, net.Searching);
    }

    [Fact]
    public void Waiting_that_is_no_circle_is_left_alone_and_costs_less_and_less()
    {
        var net = new FlowNet(3);
        net.Acquire(0, "a");
        net.Acquire(1, "b");
        net.Quiet(100);
        net.Acquire(1, "a");
        net.Acquire(2, "b");
        net.Quiet(20_000);
        Assert.All(net.Flows, f => Assert.Empty(f.Deadlocks));
        var before = net.Searching;
        net.Quiet(10_000);
        Assert.InRange(net.Searching - before, 1, 60);
    }

    [Fact]
    public void What_is_over_within_a_tenth_of_a_second_costs_nothing()
    {
        var net = new FlowNet(2);
        net.Acquire(0, "a");
        net.Quiet(300);
        net.Acquire(1, "a");
        net.Quiet(100);
        net.Release(0, "a");
        net.Quiet(1000);
        Assert.True(net.Flows[1].Held.ContainsKey("a"));
        Assert.Equal(0, net.Searching);
    }

    [Fact]
    public void Many_that_wait_for_one_holder_are_one_question()
    {
        var net = new FlowNet(40);
        net.Acquire(0, "a");
        net.Acquire(39, "b");
        net.Quiet(300);
        net.Acquire(0, "b");
        for (var i = 1; i < 39; i++) net.Acquire(i, "a");
        net.Quiet(1000);
        var before = net.Searching;
        net.Quiet(10_000);
        // Ten seconds of looks at two locks; the rest says where each of the 39 waits.
        Assert.InRange(net.Searching - before, 39, (6 * 39) + 60);
    }

    [Fact]
    public void Readers_behind_a_writer_are_held_up_by_the_readers_before_it()
    {
        var net = new FlowNet(3);
        net.Acquire(0, "a", LockMode.Shared);
        net.Acquire(2, "b");
        net.Quiet(300);
        // No flow id: nothing is known of it, but it is in the way.
        net.Acquire(1, "a", hasFlow: false);
        net.Acquire(2, "a", LockMode.Shared);
        net.Quiet(3000);
        Assert.Empty(net.Flows[2].Deadlocks);
        net.Acquire(0, "b");
        net.Quiet(900);
        Assert.Single(net.Flows[0].Deadlocks);
        Assert.Empty(net.Flows[2].Deadlocks);
    }

    [Fact]
    public void What_an_acquireAll_has_and_waits_for_is_its_flows_and_who_is_refused_has_none_of_it()
    {
        var net = new FlowNet(2);
        net.Acquire(0, "b");
        net.Acquire(1, "x");
        net.Quiet(300);
        net.Acquire(0, "x");
        net.Quiet(300);
        net.AcquireAll(1, "c", "a", "b");
        net.Quiet(50);
        Assert.Equal("f1", net.HolderOf("a"));
        net.Quiet(1000);
        var failure = Assert.Single(net.Flows[1].Deadlocks);
        Assert.Equal([new FlowNet.Edge(1, "b", 0), new FlowNet.Edge(0, "x", 1)], FlowNet.CircleOf(failure));
        Assert.Equal(("b", "all of 1"), (failure.Details.Fields["lock"].StringValue, failure.Details.Fields["cycle"].ListValue.Values[0].StructValue.Fields["label"].StringValue));
        Assert.Equal(("", "f0"), (net.HolderOf("a"), net.HolderOf("b")));
    }

    [Fact]
    public void Whoever_waits_for_what_an_acquireAll_has_taken_already_may_be_the_last_in_the_circle()
    {
        var net = new FlowNet(2);
        net.Acquire(0, "b");
        net.Quiet(300);
        net.AcquireAll(1, "a", "b");
        net.Quiet(300);
        net.Acquire(0, "a");
        net.Quiet(900);
        Assert.Single(net.Flows[0].Deadlocks);
        net.Release(0, "b");
        net.Quiet(300);
        Assert.Equal(["a", "b"], net.Flows[1].Held.Keys.Order());
    }
}
