using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

public sealed class WaitDieTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Command Write(string id, long timestampMs, uint attempt = 1) => Make.Prepare(id, attempt, timestampMs, then: Make.PutOp(id));

    private static Command Read(string id, long timestampMs) => Make.Prepare(id, timestampMs: timestampMs, then: Make.GetOp());

    private static (string, Vote.Types.Kind)[] Votes(Then then) => [.. then.Votes().Select(v => (v.TransactionId, v.Kind))];

    [Fact]
    public void A_younger_one_dies()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("old", 1));
        Assert.Equal([("young", Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Write("young", 2))));
        var read = key.When(Make.Get());
        Assert.False(read.Answers(read));
    }

    [Fact]
    public void A_younger_one_whose_older_is_soon_done_is_taken()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("old", 1));
        Assert.Empty(key.When(Write("young", 2)).Sent);
        var applied = key.After(ShortWaits.AtMostMs - 1).When(Make.Commit("old", 1, 1));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Prepared], applied.Kinds);
        Assert.Equal([("young", Vote.Types.Kind.Yes)], Votes(applied));
        Assert.Empty(key.WhenTimePasses(1).Sent);
    }

    [Fact]
    public void Its_patience_ends_when_it_began_to_wait_for_an_older_one_however_often_it_is_asked_for()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("old", 1));
        key.When(Write("young", 2));
        Assert.Empty(key.After(ShortWaits.AtMostMs - 1).When(Write("young", 2)).Sent);
        Assert.Equal([("young", Vote.Types.Kind.Die)], Votes(key.WhenTimePasses(1)));
        Assert.Empty(key.When(Write("young", 2, attempt: 2)).Sent);
    }

    [Fact]
    public void One_that_waits_for_younger_ones_alone_has_all_the_time()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("old", 1), Read("young", 4));
        Assert.Empty(key.When(Write("writer", 2)).Sent);
        Assert.Empty(Votes(key.After(ShortWaits.AtMostMs - 1).When(Make.Abort("old"))));
        Assert.Empty(Votes(key.WhenTimePasses(DueEndings.FoldMs)));
        Assert.Empty(Votes(key.WhenTimePasses(900)));
        Assert.Equal([("writer", Vote.Types.Kind.Yes)], Votes(key.When(Make.Abort("young"))));
    }

    /// <summary>Two readers share the key, and a writer between them waits: when it waits no more, nothing is in the way of the second reader.</summary>
    [Theory]
    [InlineData("abort")]
    [InlineData("drop")]
    [InlineData("ask")]
    public void Whoever_waited_for_one_that_only_waits_goes_on_when_that_is_over(string how)
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("young", 9));
        key.When(Write("writer", 5));
        Assert.Empty(key.When(Read("reader", 7)).Votes());
        var over = key.After(1).When(how == "abort" ? Make.Abort("writer") : how == "drop" ? Make.Drop("writer", 1) : Make.AskStatus("writer", 1));
        Assert.Contains(("reader", Vote.Types.Kind.Yes), Votes(over));
        Assert.Empty(Votes(key.WhenTimePasses(ShortWaits.AtMostMs)));
    }

    [Fact]
    public void Whoever_waited_for_one_that_dies_goes_on()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("old", 1));
        key.When(Write("writer", 5));
        Assert.Empty(key.After(ShortWaits.AtMostMs - 10).When(Read("reader", 7)).Votes());
        Assert.Equal([("writer", Vote.Types.Kind.Die), ("reader", Vote.Types.Kind.Yes)], Votes(key.WhenTimePasses(10)));
    }

    /// <summary>It had all the time before, and would have it still: in a circle with the older one, for ever.</summary>
    [Fact]
    public void When_an_older_one_is_taken_beside_it_one_that_waits_has_a_little_time_left()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("young", 4));
        key.When(Write("writer", 2));
        Assert.Equal([("old", Vote.Types.Kind.Yes)], Votes(key.When(Read("old", 1))));
        Assert.Equal([("writer", Vote.Types.Kind.Die)], Votes(key.WhenTimePasses(ShortWaits.AtMostMs)));
    }

    [Fact]
    public void An_older_one_waits_and_is_taken_when_the_key_is_free()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        Assert.Empty(key.When(Write("old", 1)).Sent);
        Assert.False(key.Entity.IsIdle);
        Assert.Equal([("old", Vote.Types.Kind.Yes)], Votes(key.When(Make.Commit("young", 1, 1))));
    }

    [Fact]
    public void One_that_waits_is_counted_once_however_often_it_is_looked_at()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("young1", 3));
        key.When(Read("young2", 4));
        Assert.Equal(1, Waits(key.When(Write("old", 1))));
        Assert.Equal(0, Waits(key.When(Make.Commit("young1", 1, 1))));
        Assert.Equal([("old", Vote.Types.Kind.Yes)], Votes(key.When(Make.Commit("young2", 1, 2))));

        static int Waits(Then then) => then.Batch.Now.Concat(then.Batch.Afterwards).OfType<Core.Entities.CountEffect>().Count(c => c.What == Core.Entities.Counted.PrepareWaits);
    }

    [Fact]
    public void Votes_tell_of_the_youngest_that_was_seen()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("old", 1));
        Assert.Equal(Scenario.StartMs + 700, Assert.Single(key.WhenTooYoung(Write("young", 700)).Votes()).YoungestMs);
        Assert.Equal(Scenario.StartMs + 700, Assert.Single(key.When(Write("old", 1)).Votes()).YoungestMs);
    }

    [Fact]
    public void At_the_same_time_the_id_decides()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("b", 1));
        Assert.Equal([("c", Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Write("c", 1))));
        Assert.Empty(key.When(Write("a", 1)).Sent);
    }

    [Fact]
    public void Readers_share()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("a", 1));
        Assert.Equal([("b", Vote.Types.Kind.Yes)], Votes(key.When(Read("b", 2))));
        Assert.Equal([("c", Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Write("c", 3))));
    }

    [Fact]
    public void A_writer_waits_for_all_readers()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("a", 2), Read("b", 3));
        Assert.Empty(key.When(Write("w", 1)).Sent);
        Assert.Empty(key.When(Make.Commit("a", 1, 1)).Votes());
        Assert.Equal([("w", Vote.Types.Kind.Yes)], Votes(key.When(Make.Commit("b", 1, 2))));
    }

    [Fact]
    public void A_younger_reader_does_not_overtake_a_writer_that_waits()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("a", 3));
        key.When(Write("w", 1));
        Assert.Equal([("b", Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Read("b", 2))));
    }

    [Fact]
    public void When_the_holder_changes_the_younger_that_wait_die()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("c", 3));
        key.When(Write("b", 2));
        key.When(Write("a", 1));
        Assert.Equal([("a", Vote.Types.Kind.Yes)], Votes(key.When(Make.Abort("c"))));
        Assert.Equal([("b", Vote.Types.Kind.Die)], Votes(key.WhenTimePasses(ShortWaits.AtMostMs)));
    }

    [Fact]
    public void One_that_waits_is_forgotten_when_it_is_over()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        key.When(Write("old", 1));
        key.When(Make.Abort("old"));
        Assert.Empty(Votes(key.WhenApplied(Make.Commit("young", 1, 1))));
        Assert.True(key.Entity.IsIdle);
    }

    [Fact]
    public void One_that_waits_and_is_asked_by_recovery_refuses()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        key.When(Write("old", 1));
        Assert.Equal([("old", Vote.Types.Kind.Refused)], Votes(key.When(Make.AskStatus("old", 1))));
        Assert.Empty(Votes(key.When(Make.Abort("young"))));
    }

    [Fact]
    public void The_later_attempt_of_one_that_waits_takes_its_place()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        key.When(Write("old", 1, attempt: 2));
        key.When(Write("old", 1, attempt: 1));
        Assert.Equal(2u, Assert.Single(key.When(Make.Abort("young")).Votes()).Attempt);
    }

    [Fact]
    public void A_write_that_waits_is_not_held_up_by_new_readers()
    {
        var key = Scenario.Fresh(Key);
        key.When(Read("a", 2));
        var write = key.When(Make.Put("v"));
        Assert.Equal([("b", Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Read("b", 3))));
        Assert.Empty(key.When(Read("older", 1)).Sent);
        var freed = key.When(Make.Commit("a", 1, 1));
        Assert.Equal(1, freed.ReplyTo(write).PutKey.Revision);
        var vote = Assert.Single(freed.Votes());
        Assert.Equal(("older", "v"), (vote.TransactionId, vote.Then.Results[0].Result.Value.ToStringUtf8()));
    }

    [Fact]
    public void What_waited_sees_what_was_applied_before_it()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        key.When(Read("old", 1));
        var applied = key.When(Make.Commit("young", 1, 1));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Prepared], applied.Kinds);
        Assert.Equal("young", applied.Votes()[0].Then.Results[0].Result.Value.ToStringUtf8());
    }
}
