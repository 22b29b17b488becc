using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Core.Tests.Eventual;

/// <summary>A request that comes more than once, through one node or several.</summary>
public sealed class RepeatTests
{
    private const long Later = (Limits.EventualRepeatSeconds + 1) * 1000;

    private readonly Replica a = new(1);
    private readonly Replica b = new(2);

    [Fact]
    public void The_same_node_does_it_once()
    {
        a.Count(5, "r");
        Assert.Equal(UpdateOutcome.DoneBefore, a.Count(5, "r").Outcome);
        Assert.Equal(5, a.Counter);
    }

    [Fact]
    public void Another_node_that_has_not_heard_of_it_does_it_too_and_both_count_once()
    {
        a.Count(5, "r");
        b.Count(5, "r");
        b.Count(1, "s");
        a.Meet(b);
        Assert.Equal(6, a.Counter);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Summed_up_it_counts_once_too_whoever_does_that(bool both)
    {
        a.Count(5, "r");
        b.Count(5, "r");
        b.Count(1, "s");
        a.Meet(b);
        a.NowMs += Later;
        b.NowMs += Later;
        a.Sweep();
        if (both) b.Sweep();
        a.Meet(b);
        Assert.Equal(6, a.Counter);
        Assert.All(a.State[ItemKey.ValueOf("counter/c")], e => Assert.True(((Content.Counted)e.Content).IsFolded));
    }

    [Fact]
    public void Sums_of_different_length_merge_into_the_longer()
    {
        for (var i = 0; i < 10; i++)
        {
            a.Count(1, $"r{i}");
            a.NowMs += 1000;
        }
        b.State = a.State;
        b.NowMs = a.NowMs + Later - 5000;
        b.Sweep();
        a.NowMs += Later;
        a.Sweep();
        Assert.NotEqual(a.State, b.State);
        a.Meet(b);
        Assert.Equal(10, a.Counter);
        Assert.Single(a.State[ItemKey.ValueOf("counter/c")]);
    }

    [Fact]
    public void What_a_dead_node_left_is_summed_up_by_others()
    {
        a.Count(1, "r1");
        a.Count(1, "r2");
        b.State = a.State;
        b.NowMs += Later;
        b.Sweep(graceMs: 60_000);
        Assert.Equal(2, b.State[ItemKey.ValueOf("counter/c")].Length);
        b.NowMs += 60_000;
        b.Sweep(graceMs: 60_000);
        Assert.Single(b.State[ItemKey.ValueOf("counter/c")]);
        Assert.Equal(2, b.Counter);
    }

    [Fact]
    public void Nobody_sums_up_over_a_gap()
    {
        var first = a.Count(1, "r1");
        var second = a.Count(1, "r2");
        b.State = Bucket.Empty.Join(second.Delta);
        b.NowMs += 10 * Later;
        b.Sweep();
        Assert.False(((Content.Counted)Assert.Single(b.State[ItemKey.ValueOf("counter/c")]).Content).IsFolded);
        b.State = b.State.Join(first.Delta);
        b.Sweep();
        Assert.Equal(2, ((Content.Counted)Assert.Single(b.State[ItemKey.ValueOf("counter/c")]).Content).Amount);
    }

    [Fact]
    public void A_repeat_after_a_deletion_does_not_bring_it_back()
    {
        a.Count(5, "r");
        a.Meet(b);
        b.Delete(Kind.Counter, "c");
        a.Meet(b);
        Assert.Equal(UpdateOutcome.DoneBefore, a.Count(5, "r").Outcome);
        Assert.False(Reading.Exists([a.State], Kind.Counter, "counter/c"));
    }

    [Fact]
    public void A_repeat_that_another_node_did_while_the_first_was_deleted_does_not_count()
    {
        a.Count(5, "r");
        b.Count(5, "r");
        a.Delete(Kind.Counter, "c");
        a.Meet(b);
        Assert.Equal(0, b.Counter);
        b.NowMs += Later;
        b.Sweep();
        Assert.Equal(0, b.Counter);
    }

    [Fact]
    public void An_older_write_that_is_repeated_does_not_undo_a_newer_one()
    {
        a.Write("old", "r1");
        a.Meet(b);
        b.Write("new", "r2");
        b.Write("old", "r1");
        Assert.Equal("new", b.Register);
    }

    [Fact]
    public void An_id_is_for_one_request()
    {
        a.Count(5, "r");
        Assert.Equal(UpdateOutcome.OtherRequest, a.Count(6, "r").Outcome);
        a.Write("x", "s");
        Assert.Equal(UpdateOutcome.OtherRequest, a.Write("y", "s").Outcome);
    }

    [Fact]
    public void An_unknown_id_that_was_issued_long_ago_is_not_done()
    {
        var old = new EventualUpdate(Kind.Counter, "counter/c") { Increment = 1, RequestId = "r", IssuedAtMs = a.NowMs - (Limits.OutcomeSeconds * 1000) - 1 };
        Assert.Equal(UpdateOutcome.TooLate, a.Do(old).Outcome);
        Assert.Equal(UpdateOutcome.Done, a.Do(old with { IssuedAtMs = a.NowMs - (Limits.OutcomeSeconds * 1000) }).Outcome);
    }

    /// <summary>By a clock that is far ahead: its repeats would be taken long after it was summed up.</summary>
    [Fact]
    public void An_id_of_a_time_to_come_is_refused_and_one_that_is_a_little_ahead_counts_once_for_as_long_as_it_is_taken()
    {
        var request = new EventualUpdate(Kind.Counter, "counter/c") { Increment = 1, RequestId = "r", IssuedAtMs = a.NowMs + (Limits.ClockAheadSeconds * 1000) + 1 };
        Assert.Equal(UpdateOutcome.TooEarly, a.Do(request).Outcome);
        request = request with { IssuedAtMs = request.IssuedAtMs - 1 };
        Assert.Equal(UpdateOutcome.Done, a.Do(request).Outcome);
        UpdateOutcome again;
        do
        {
            a.NowMs += 1000;
            a.Sweep();
            again = a.Do(request).Outcome;
            Assert.NotEqual(UpdateOutcome.Done, again);
        }
        while (again != UpdateOutcome.TooLate);
        Assert.Equal(1, a.Counter);
    }

    [Fact]
    public void Requests_are_forgotten_after_their_time()
    {
        a.Write("x", "r");
        a.NowMs += 2 * Later;
        a.Sweep();
        Assert.True(a.State[ItemKey.MarksOf("register/r")].IsEmpty);
        Assert.Equal("x", a.Register);
    }
}
