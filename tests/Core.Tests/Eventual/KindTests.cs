using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Core.Tests.Eventual;

/// <summary>What each kind makes of changes that did not see one another.</summary>
public sealed class KindTests
{
    private readonly Replica a = new(1);
    private readonly Replica b = new(2);

    [Fact]
    public void A_counter_adds_up_what_all_have_counted()
    {
        a.Count(5);
        a.Count(2);
        b.Count(-3);
        a.Meet(b);
        Assert.Equal(4, a.Counter);
        Assert.Equal(2, a.State[ItemKey.ValueOf("counter/c")].Length);
    }

    [Fact]
    public void A_counter_does_not_leave_64_bits()
    {
        a.Count(long.MaxValue);
        Assert.Equal(UpdateOutcome.OutOfRange, a.Count(1).Outcome);
        b.Count(1);
        a.Meet(b);
        Assert.Equal(long.MaxValue, a.Counter);
        Assert.Equal(UpdateOutcome.Done, b.Count(-2).Outcome);
    }

    [Fact]
    public void An_add_wins_over_a_removal_at_the_same_time_and_a_removal_over_what_it_saw()
    {
        a.Add("x", "y");
        a.Meet(b);
        a.Remove("x", "y");
        b.Add("x");
        a.Meet(b);
        Assert.Equal("x", a.Set);
    }

    [Fact]
    public void A_removal_takes_nothing_else()
    {
        a.Add("b", "a", "c");
        a.Remove("b");
        Assert.Equal("a,c", a.Set);
        a.Remove("a");
        Assert.Equal("c", a.Set);
    }

    [Fact]
    public void Of_writes_at_the_same_time_the_later_stays()
    {
        (a.NowMs, b.NowMs) = (2_000_000, 1_000_000);
        b.Write("early");
        a.Write("late");
        a.Meet(b);
        Assert.Equal("late", b.Register);
    }

    [Fact]
    public void A_write_that_saw_another_stays_whatever_the_clocks_say()
    {
        (a.NowMs, b.NowMs) = (9_000_000_000, 1_000_000);
        a.Write("from the future");
        a.Meet(b);
        b.Write("after that");
        a.Meet(b);
        Assert.Equal("after that", a.Register);
    }

    [Fact]
    public void Fields_of_a_map_are_registers_of_their_own()
    {
        a.Put("x", "1");
        b.Put("y", "2");
        a.Meet(b);
        b.NowMs++;
        b.Put("x", "3");
        a.Meet(b);
        Assert.Equal("x=3,y=2", a.Map);
    }

    [Fact]
    public void Of_switches_at_the_same_time_the_one_to_on_stays()
    {
        a.Switch(true);
        a.Meet(b);
        a.Switch(false);
        b.Switch(true);
        a.Meet(b);
        Assert.True(a.Flag);
        a.Switch(false);
        a.Meet(b);
        Assert.False(b.Flag);
    }

    [Theory]
    [InlineData(Kind.Counter)]
    [InlineData(Kind.Set)]
    [InlineData(Kind.Register)]
    [InlineData(Kind.Map)]
    [InlineData(Kind.Flag)]
    public void What_is_deleted_leaves_nothing_and_its_name_can_be_used_again(Kind kind)
    {
        var update = new EventualUpdate(kind, Placing.NameOf(kind, "n"))
        {
            Increment = kind == Kind.Counter ? 1 : 0, Add = kind == Kind.Set ? ["x"] : [], Value = kind == Kind.Register ? "x" : "", Enable = kind == Kind.Flag,
            Set = kind == Kind.Map ? new Dictionary<string, string> { ["x"] = "y" } : [],
        };
        a.Do(update);
        a.Meet(b);
        Assert.True(b.Delete(kind, "n").Existed);
        a.Meet(b);
        Assert.Empty(a.State.Items);
        Assert.False(Reading.Exists([a.State], kind, update.Name));
        a.Do(update);
        b.Meet(a);
        Assert.True(Reading.Exists([b.State], kind, update.Name));
        Assert.Equal(["n"], Reading.Names([b.State], kind, ""));
    }

    [Fact]
    public void A_deletion_does_not_take_what_it_has_not_seen()
    {
        a.Count(5, "r1");
        a.Meet(b);
        a.Count(2, "r2");
        b.Delete(Kind.Counter, "c");
        a.Meet(b);
        Assert.Equal(2, b.Counter);
    }

    /// <summary>It must fit a message between nodes, and letters beyond ASCII take up to three bytes there.</summary>
    [Fact]
    public void A_full_bucket_is_as_large_as_its_bytes_whatever_the_letters()
    {
        var text = new string('中', Limits.EventualValueBytes / 3);
        for (var i = 0; a.Put($"f{i}", text).Outcome == UpdateOutcome.Done;) i++;
        Assert.InRange(BucketCodec.Write(a.State).CalculateSize(), Limits.EventualBucketBytes - (2 * Limits.EventualValueBytes), Limits.EventualBucketBytes);
    }

    [Fact]
    public void A_full_bucket_takes_no_more_but_can_be_emptied()
    {
        var text = new string('x', Limits.EventualValueBytes);
        var i = 0;
        while (a.Put($"f{i}", text).Outcome == UpdateOutcome.Done) i++;
        Assert.Equal(UpdateOutcome.Full, a.Put("one more", text).Outcome);
        Assert.InRange(a.State.Bytes, Limits.EventualBucketBytes - (2 * Limits.EventualValueBytes), Limits.EventualBucketBytes);
        Assert.Equal(UpdateOutcome.Done, a.Do(new EventualUpdate(Kind.Map, "map/m") { Remove = ["f0"] }).Outcome);
        Assert.Equal(UpdateOutcome.Done, a.Put("one more", text).Outcome);
    }
}
