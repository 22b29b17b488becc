using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Core.Tests.Eventual;

/// <summary>Several sum up at once, each with what it has heard of: nothing that was counted is lost.</summary>
public sealed class SummingUpTests
{
    private const long Later = (Limits.EventualRepeatSeconds + 1) * 1000;
    private const long OthersGrace = 60_000;

    private static readonly ItemKey Counter = ItemKey.ValueOf("counter/c");

    private readonly Replica a = new(1);
    private readonly Replica b = new(2);

    [Fact]
    public void A_sum_survives_at_the_dot_of_a_repeat_that_another_node_has_counted()
    {
        CountAtBoth();
        a.Sweep(OthersGrace);
        b.Sweep(OthersGrace);
        a.Meet(b);
        Assert.Equal(6, a.Counter);
        a.Sweep();
        Assert.Equal(6, a.Counter);
        Assert.All(a.State[Counter], e => Assert.True(((Content.Counted)e.Content).IsFolded));
    }

    [Fact]
    public void A_repeat_stays_known_and_comes_to_nothing_when_its_request_was_summed_up()
    {
        CountAtBoth();
        a.Sweep(OthersGrace);
        Assert.Equal(6, a.Counter);
        Assert.Equal(UpdateOutcome.DoneBefore, a.Count(5, "r").Outcome);
        a.Sweep();
        Assert.Equal(6, a.Counter);
        Assert.Equal(2, a.State[Counter].Sum(e => ((Content.Counted)e.Content).Increments));
    }

    /// <summary>One has summed up without having heard of the first, another one has, and leaves it to the first.</summary>
    [Fact]
    public void The_first_entry_of_a_request_is_never_taken_for_a_repeat()
    {
        var (first, second, third, other) = (new Replica(1), new Replica(2), new Replica(3), new Replica(4));
        second.Count(5, "r");
        third.Count(5, "r");
        first.NowMs += 50_000;
        first.Count(5, "r");
        other.State = first.State.Join(second.State);
        second.Meet(third);
        second.NowMs += Later;
        second.Sweep(OthersGrace);
        other.NowMs += Later;
        other.Sweep();
        // Not due yet at its own dot.
        Assert.Contains(other.State[Counter], e => e.Dot.Replica == first.Id && e.Content is Content.Counted { IsFolded: false, Amount: 5 });
        other.Meet(second);
        Assert.Equal(5, other.Counter);
        other.NowMs += Later;
        other.Sweep();
        Assert.Equal(5, other.Counter);
    }

    [Fact]
    public void What_is_in_a_sum_does_not_count_again_when_it_comes_after_it()
    {
        var late = a.Count(1, "r1").Delta;
        a.Count(1, "r2");
        SweepLater();
        a.Count(1, "r3");
        var sum = SweepLater();
        b.State = Bucket.Empty.Join(sum);
        Assert.Equal(3, b.Counter);
        b.State = b.State.Join(late);
        Assert.Equal(3, b.Counter);
        Assert.Equal(b.State, Bucket.Empty.Join(late).Join(sum));
        Assert.Equal(b.State, Bucket.Empty.Join(late.Join(sum)));
        a.Meet(b);
        Assert.Equal(3, a.Counter);
    }

    /// <summary>The change by which a sum took in a request, and made nothing of its repeat, was lost on its way; the next one was not.</summary>
    [Fact]
    public void Who_missed_a_sum_does_not_count_a_repeat_beside_the_next()
    {
        var c = new Replica(3);
        a.Count(5, "r");
        b.NowMs += 80_000;
        b.Count(5, "r");
        a.NowMs += 60_000;
        a.Count(1, "s");
        a.Meet(b);
        c.State = a.State;
        a.NowMs -= 60_000;
        SweepLater();
        Assert.Equal(6, c.Counter);
        c.State = c.State.Join(SweepLater());
        Assert.Equal(6, c.Counter);
        a.Meet(c);
        Assert.Equal(6, a.Counter);
    }

    /// <summary>Six: one and a request of five, which came in at both.</summary>
    private void CountAtBoth()
    {
        a.Count(5, "r");
        b.Count(1, "s");
        b.Count(5, "r");
        a.Meet(b);
        a.NowMs += Later;
        b.NowMs += Later;
    }

    private Bucket SweepLater()
    {
        a.NowMs += Later;
        var swept = CounterFold.Sweep(a.State, a.Id, a.NowMs, OthersGrace, EventualRules.AllOn)!;
        a.State = swept.State;
        return swept.Delta;
    }
}
