using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

public sealed class KeyExpiryTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Envelope AtRevision3(Event third) => Scenario.Row(1, Make.Written(1, "a"), Make.Written(2, "b"), third);

    /// <summary>A key whose time is over at 1,000 ms of the scenario.</summary>
    private static Scenario Until1000() => Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", expiresAtMs: 1000))]);

    private static Scenario BoundTo(string session) => Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", session))]);

    private static void Ended(KeyWritten written, long revision) => Assert.Equal(new KeyWritten { Revision = revision, Expired = true }, written);

    [Fact]
    public void A_put_counts_its_time_to_live_from_the_time_of_its_row()
    {
        var written = Scenario.Fresh(Key).After(250).When(Make.PutFor("a", 1.5)).Events[0].KeyWritten;
        Assert.Equal(Scenario.StartMs + 1750, written.ExpiresAtMs);
    }

    [Fact]
    public void A_put_behind_a_row_of_a_faster_clock_counts_from_there()
    {
        var row = Scenario.Row(1, Make.Written(1, "v"));
        row.TimeMs = Scenario.StartMs + 5000;
        Assert.Equal(Scenario.StartMs + 6000, Scenario.Given(Key, [row]).When(Make.PutFor("a", 1)).Events[0].KeyWritten.ExpiresAtMs);
    }

    [Fact]
    public void A_put_without_a_time_to_live_takes_the_earlier_one_away()
    {
        var key = Until1000();
        key.When(Make.Put("w"));
        Assert.Empty(key.After(5000).When(Make.Expire()).Batch.Rows);
        Assert.Equal("w", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_delete_takes_it_away_and_what_is_put_after_stays()
    {
        var key = Until1000();
        Assert.Equal(new KeyWritten { Revision = 4 }, key.When(Make.Delete()).Events[0].KeyWritten);
        key.When(Make.Put("w"));
        Assert.Equal("w", key.After(5000).When(Make.Expire(), Make.Get()).Reply(1).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_key_is_there_to_its_last_millisecond()
    {
        var read = Until1000().After(999).When(Make.Get());
        Assert.Equal(3, read.Reply().KeyValue.Revision);
        Assert.DoesNotContain(Event.BodyOneofCase.KeyWritten, read.Kinds);
    }

    [Fact]
    public void A_late_read_stores_the_end_before_it_says_that_there_is_nothing()
    {
        var key = Until1000().After(1000);
        var read = key.WhenHeldBack(Make.Get());
        Ended(Assert.Single(read.Events).KeyWritten, 4);
        Assert.Empty(read.Batch.Now);
        Assert.Equal(ErrorCode.NotFound, read.Code());
        read.Stored();
        Assert.Empty(key.When(Make.Get(), Make.Expire()).Batch.Rows);
        Assert.Equal(5, key.When(Make.Put("w")).Reply().PutKey.Revision);
    }

    [Fact]
    public void What_has_ended_is_gone_for_a_node_whose_clock_is_slow()
    {
        var key = Until1000().After(1000);
        key.When(Make.Get());
        Assert.Equal(ErrorCode.NotFound, key.After(-900).Restart(epoch: 3).When(Make.Get()).Code());
        Assert.Equal(ErrorCode.NotFound, key.RestartFromSnapshot().When(Make.Get()).Code());
    }

    [Fact]
    public void Without_the_rule_what_a_read_has_seen_go_is_there_again_for_a_slow_clock()
    {
        var key = Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", expiresAtMs: 1000))], rules: RuleSwitches.AllOn with { ExpiryPersisted = false }).After(1000);
        Assert.Equal(ErrorCode.NotFound, key.When(Make.Get()).Code());
        Assert.Equal("v", key.After(-900).Restart(epoch: 3).When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void Commands_of_one_batch_see_one_end()
    {
        var batch = Until1000().After(1000).When(Make.Get(), Make.Put("a", ifRevision: 0), Make.Get());
        Assert.Equal([4L, 5], batch.Events.Select(e => e.KeyWritten.Revision));
        Assert.Equal((ErrorCode.NotFound, 5L, "a"), (batch.Code(0)!.Value, batch.Reply(1).PutKey.Revision, batch.Reply(2).KeyValue.Value.ToStringUtf8()));
    }

    [Fact]
    public void A_compare_after_the_time_finds_nothing()
    {
        var refused = Until1000().After(1000).When(Make.Put("w", ifRevision: 3));
        Ended(refused.Events[0].KeyWritten, 4);
        Assert.Equal((ErrorCode.RevisionMismatch, "0"), (refused.Code()!.Value, refused.Reply().Failure.Details.Fields["revision"].StringValue));
        Assert.Equal(5, Until1000().After(1000).When(Make.Put("w", ifRevision: 0)).Reply().PutKey.Revision);
    }

    [Fact]
    public void A_delete_after_the_time_deletes_nothing()
    {
        var deleted = Until1000().After(1000).When(Make.Delete());
        Ended(Assert.Single(deleted.Events).KeyWritten, 4);
        Assert.Equal((4, false), (deleted.Reply().DeleteKey.Revision, deleted.Reply().DeleteKey.Deleted));
    }

    [Fact]
    public void The_sweeper_ends_a_key_that_is_due_and_none_before()
    {
        var key = Until1000();
        Assert.DoesNotContain(Event.BodyOneofCase.KeyWritten, key.After(999).When(Make.Expire()).Kinds);
        var ended = key.After(1).When(Make.Expire());
        Ended(Assert.Single(ended.Events).KeyWritten, 4);
        Assert.Empty(ended.Batch.Afterwards);
    }

    [Fact]
    public void The_sweeper_may_come_twice_late_and_for_what_never_was()
    {
        var key = Until1000().After(1000);
        key.When(Make.Expire(), Make.Expire(), Make.PutFor("w", 60));
        Assert.Empty(key.When(Make.Expire(), Make.Expire("4-s")).Batch.Rows);
        Assert.Equal(5, key.When(Make.Get()).Reply().KeyValue.Revision);
        var never = Scenario.Fresh(Key).When(Make.Expire());
        Assert.Empty(never.Batch.Rows);
        Assert.True(never.Batch.StopAfterwards);
    }

    [Fact]
    public void A_bound_key_ends_by_its_own_session_only()
    {
        var key = BoundTo("4-s");
        Assert.DoesNotContain(Event.BodyOneofCase.KeyWritten, key.After(1_000_000).When(Make.Expire("4-t"), Make.Expire()).Kinds);
        Ended(Assert.Single(key.When(Make.Expire("4-s")).Events).KeyWritten, 4);
        Assert.Empty(key.When(Make.Expire("4-s")).Batch.Rows);
    }

    [Fact]
    public void An_end_of_a_session_that_comes_late_does_not_touch_what_was_put_since()
    {
        var key = BoundTo("4-s");
        key.When(Make.Put("w"));
        Assert.Empty(key.When(Make.Expire("4-s")).Batch.Rows);
        Assert.Equal("w", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void Of_a_session_and_a_time_to_live_what_comes_first_ends_the_key()
    {
        Envelope[] both = [AtRevision3(Make.WrittenFor(3, "v", "4-s", expiresAtMs: 1000))];
        Ended(Scenario.Given(Key, both).When(Make.Expire("4-s")).Events[0].KeyWritten, 4);
        Ended(Scenario.Given(Key, both).After(1000).When(Make.Expire()).Events[0].KeyWritten, 4);
    }

    [Fact]
    public void A_key_is_not_bound_to_a_session_that_nobody_has_asked()
    {
        var put = Make.Put("w");
        put.PutKey.SessionId = "4-s";
        var refused = Scenario.Fresh(Key).When(put);
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code());
        Assert.Equal([Event.BodyOneofCase.Claimed], refused.Kinds);
    }

    [Fact]
    public void A_key_with_a_time_to_live_does_not_stay_in_memory_for_that()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.PutFor("a", 1));
        Assert.True(key.Entity.IsIdle);
        Assert.Null(key.Entity.WakeAtMs);
    }

    [Fact]
    public void Time_to_live_and_session_are_part_of_the_payload()
    {
        var id = Make.RequestId();
        var key = Scenario.Fresh(Key);
        var put = Make.PutFor("a", 1);
        put.RequestId = id;
        key.When(put);
        var other = Make.PutFor("a", 2);
        (other.RequestId, other.Attempt) = (id, 2);
        Assert.Equal(ErrorCode.InvalidArgument, key.When(other).Code());
        TransactionRequest[] requests = [new() { Then = { Make.PutOp("a") } }, new() { Then = { Make.PutOpFor("a", "4-s") } }, new() { Then = { Make.PutOpFor("a", ttlSeconds: 1) } }];
        Assert.Equal(3, requests.Select(PayloadHash.Of).Distinct().Count());
    }

    public static TheoryData<KeyWritten> Impossible =>
    [
        new KeyWritten { Revision = 4, Expired = true, Present = true },
        new KeyWritten { Revision = 4, SessionId = "4-s" },
        new KeyWritten { Revision = 4, ExpiresAtMs = 1 },
    ];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void History_that_ends_what_can_not_end_is_refused(KeyWritten written) =>
        Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", expiresAtMs: -2000)), Scenario.Row(1, new Event { KeyWritten = written })]));

    [Fact]
    public void History_that_ends_a_key_too_early_is_refused()
    {
        var end = new Event { KeyWritten = new KeyWritten { Revision = 4, Expired = true } };
        Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", expiresAtMs: 1000)), Scenario.Row(1, end)]));
        Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Key, [AtRevision3(Make.Written(3, "v")), Scenario.Row(1, end)]));
        Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Key, [AtRevision3(Make.Written(3, null)), Scenario.Row(1, end)]));
    }
}
