using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Tests.Locks;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What is committed is applied with the entity's next row.</summary>
public sealed class FoldingTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Scenario Committed(RuleSwitches? rules = null, params Operation[] then)
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))], rules: rules);
        key.When(Make.Prepare("t", then: then.Length == 0 ? [Make.PutOp("w")] : then));
        Assert.Empty(key.When(Make.Commit("t", 1, 2)).Batch.Rows);
        return key;
    }

    private static IEnumerable<string> Seen(Then then) => then.Sent.Where(s => s.Command.DecisionSeen is not null).Select(s => s.Command.DecisionSeen.TransactionId);

    [Fact]
    public void It_goes_with_the_next_prepare_in_one_row_and_is_acknowledged_after_it()
    {
        var next = Committed().WhenHeldBack(Make.Prepare("u", conditions: [new Condition { Key = "k", Revision = 2 }], then: Make.AppendOp("x")));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Prepared], Assert.Single(next.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.True(next.Events[1].Prepared.Conditions[0].Held);
        Assert.Equal("wx", next.Events[1].Prepared.Then.Write.Value.ToStringUtf8());
        Assert.Empty(next.Batch.Now);
        Assert.Equal(["t"], Seen(next));
    }

    [Fact]
    public void It_goes_with_the_next_put()
    {
        var key = Committed();
        var put = key.When(Make.Put("x", ifRevision: 2));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.KeyWritten], Assert.Single(put.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.Equal(3, put.Reply().PutKey.Revision);
        Assert.Equal("x", key.Restart().When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void Nothing_follows_it_is_applied_after_a_while()
    {
        var key = Committed();
        Assert.Equal(key.Now.MonoMs + DueEndings.FoldMs, key.Entity.WakeAtMs);
        Assert.Empty(key.WhenTimePasses(DueEndings.FoldMs - 1).Batch.Rows);
        var applied = key.WhenTimePasses(1);
        Assert.Equal([Event.BodyOneofCase.Applied], applied.Kinds);
        Assert.Equal(["t"], Seen(applied));
        Assert.True(key.Entity.IsIdle);
        Assert.Null(key.Entity.WakeAtMs);
    }

    [Fact]
    public void A_read_sees_it_without_a_row()
    {
        var key = Committed();
        var read = key.When(Make.Get());
        Assert.Empty(read.Batch.Rows);
        Assert.Equal(("w", 2), (read.Reply().KeyValue.Value.ToStringUtf8(), read.Reply().KeyValue.Revision));
    }

    [Fact]
    public void A_read_sees_that_it_deletes_and_with_which_revision()
    {
        var reply = Committed(then: Make.DeleteOp()).When(Make.Get()).Reply();
        Assert.Equal((ErrorCode.NotFound, 2L), (reply.Failure.Code, reply.LastRevision));
    }

    [Fact]
    public void A_read_sees_what_was_there_when_the_branch_that_was_chosen_writes_nothing()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Commit("t", 1, 2, then: false));
        Assert.Equal("v", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void Without_the_rule_a_read_is_stale() =>
        Assert.Equal("v", Committed(RuleSwitches.AllOn with { CommittedIsRead = false }).When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());

    [Fact]
    public void A_read_of_what_has_a_time_to_live_has_it_applied_first()
    {
        var read = Committed(then: Make.PutOpFor("w", ttlSeconds: 2)).When(Make.Get());
        Assert.Equal([Event.BodyOneofCase.Applied], read.Kinds);
        Assert.Equal("w", read.Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_read_of_a_key_whose_time_is_over_has_it_applied_first()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.WrittenFor(1, "v", expiresAtMs: 1000))]);
        key.When(Make.Prepare("t", conditions: [new Condition { Key = "k", Revision = 1 }]));
        key.After(990).When(Make.Commit("t", 1, 2));
        var read = key.After(10).When(Make.Get());
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.KeyWritten], read.Kinds);
        Assert.Equal(ErrorCode.NotFound, read.Code());
    }

    [Fact]
    public void The_same_commit_again_changes_nothing_and_waits_for_the_row()
    {
        var key = Committed();
        var again = key.When(Make.Commit("t", 1, 2));
        Assert.Empty(again.Batch.Rows);
        Assert.Empty(again.Sent);
        Assert.Equal(["t"], Seen(key.WhenTimePasses(DueEndings.FoldMs)));
        Assert.Equal(["t"], Seen(key.When(Make.Commit("t", 1, 2))));
    }

    [Fact]
    public void Lost_with_its_activation_it_is_asked_for_again_soon()
    {
        var key = Committed().Restart();
        key.When(Make.Get());
        var asked = key.WhenTimePasses(100);
        Assert.Equal("t", Assert.Single(asked.Sent).Command.InDoubt.TransactionId);
        Assert.Equal([Event.BodyOneofCase.Applied], key.When(Make.Commit("t", 1, 2)).Kinds);
    }

    [Fact]
    public void A_snapshot_taken_meanwhile_holds_what_was_prepared()
    {
        var key = Committed().RestartFromSnapshot();
        var read = key.When(Make.Get());
        Assert.False(read.Answers(read));
        Assert.Equal("w", key.When(Make.Commit("t", 1, 2)).ReplyTo(read).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void With_something_waiting_it_is_applied_at_once()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", timestampMs: 5, then: Make.PutOp("w")));
        key.When(Make.Prepare("older", timestampMs: 4, then: Make.PutOp("x")));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Prepared], key.When(Make.Commit("t", 1, 2)).Kinds);
    }

    [Fact]
    public void A_late_question_of_recovery_is_answered_yes_until_it_is_applied()
    {
        var key = Committed();
        Assert.Equal(Vote.Types.Kind.Yes, Assert.Single(key.When(Make.AskStatus("t", 1)).Votes()).Kind);
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Refused], key.When(Make.AskStatus("t", 2)).Kinds);
    }

    [Fact]
    public void A_release_takes_the_end_of_what_its_fence_guarded_with_it()
    {
        var (scenario, fence) = (LockScenario.Held(), 1);
        scenario.When(LockScenario.Guard("t", fence));
        Assert.Empty(scenario.When(Make.Commit("t", 1, scenario.Journal.Count)).Batch.Rows);
        var release = scenario.When(LockScenario.Release(1, fence));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.LockReleased], Assert.Single(release.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.Equal(fence, release.Reply().ReleaseLock.Fence);
    }

    [Fact]
    public void An_activation_that_leaves_stores_it()
    {
        var key = Committed();
        Assert.True(key.Entity.HasUnstored);
        var last = key.Entity.Decide([], key.Now, leaving: true);
        Assert.Equal([Event.BodyOneofCase.Applied], Assert.Single(last.Rows).Events.Select(e => e.BodyCase));
        key.Entity.Persisted();
        Assert.False(key.Entity.HasUnstored);
    }

    [Fact]
    public void An_abort_and_a_drop_go_with_the_next_row_too()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Empty(key.When(Make.Abort("t")).Batch.Rows);
        Assert.Equal("v", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        var next = key.When(Make.Prepare("u", then: Make.PutOp("x")));
        Assert.Equal([Event.BodyOneofCase.Discarded, Event.BodyOneofCase.Prepared], next.Kinds);
        Assert.Equal(["t"], Seen(next));
        Assert.Empty(key.When(Make.Drop("u", 1)).Batch.Rows);
        Assert.Equal([Event.BodyOneofCase.AttemptDropped, Event.BodyOneofCase.Prepared], key.When(Make.Prepare("u", attempt: 2, then: Make.PutOp("x"))).Kinds);
    }

    [Fact]
    public void A_dropped_attempt_that_comes_again_meanwhile_is_not_taken()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Drop("t", 1));
        var late = key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.AttemptDropped], late.Kinds);
        Assert.Empty(late.Votes());
    }

    /// <summary>A late Prepare of attempt 1 is taken after attempt 2 was applied, and then dropped; the commit of attempt 2 comes for the second time meanwhile.</summary>
    [Fact]
    public void A_commit_that_is_told_again_while_a_late_attempt_is_about_to_be_dropped_changes_nothing()
    {
        foreach (var id in new[] { Key, EntityId.Lock("l") })
        {
            var scenario = Scenario.Fresh(id);
            Command Prepare(uint attempt) => id == Key ? Make.Prepare("t", attempt, then: Make.PutOp($"{attempt}")) : Make.Prepare("t", attempt, conditions: [new Condition { Lock = "l", Fence = 7 }]);
            scenario.When(Prepare(2));
            scenario.WhenApplied(Make.Commit("t", 2, 1));
            scenario.When(Prepare(1));
            Assert.Empty(scenario.When(Make.Drop("t", 1)).Batch.Rows);
            var again = scenario.When(Make.Commit("t", 2, 1));
            Assert.Equal([Event.BodyOneofCase.AttemptDropped], again.Kinds);
            Assert.Equal(["t"], Seen(again));
            if (id == Key) Assert.Equal("2", scenario.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
            Assert.Empty(scenario.WhenTimePasses(DueEndings.FoldMs).Batch.Rows);
        }
    }

    [Fact]
    public void A_drop_that_comes_again_meanwhile_is_one()
    {
        var key = Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Drop("t", 1));
        Assert.Equal([Event.BodyOneofCase.AttemptDropped], key.When(Make.Drop("t", 1)).Kinds);
        Assert.Empty(key.WhenTimePasses(DueEndings.FoldMs).Batch.Rows);
    }

    [Fact]
    public void An_abort_that_comes_too_late_finds_it_applied()
    {
        var abort = Committed().When(Make.Abort("t"));
        Assert.Equal([Event.BodyOneofCase.Applied], abort.Kinds);
        Assert.Equal(["t", "t"], Seen(abort));
    }
}
