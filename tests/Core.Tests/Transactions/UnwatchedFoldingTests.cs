using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Tests.Locks;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What is decided at a key waits longer for a row to go with, while nobody watches.</summary>
public sealed class UnwatchedFoldingTests
{
    private static Scenario Committed(bool isWatched, params Operation[] then)
    {
        var key = Scenario.Given(EntityId.Key("k"), [Scenario.Row(2, Make.Written(1, "v"))]);
        key.IsWatched = isWatched;
        key.When(Make.Prepare("t", then: then));
        Assert.Empty(key.When(Make.Commit("t", 1, 2)).Batch.Rows);
        return key;
    }

    private static long WaitsFor(Scenario scenario) => scenario.Entity.WakeAtMs!.Value - scenario.Now.MonoMs;

    [Fact]
    public void It_is_stored_after_half_a_second_and_acknowledged_then()
    {
        var key = Committed(isWatched: false, Make.PutOp("w"));
        Assert.Equal(DueEndings.UnwatchedFoldMs, WaitsFor(key));
        Assert.Empty(key.WhenTimePasses(DueEndings.UnwatchedFoldMs - 1).Batch.Rows);
        var applied = key.WhenTimePasses(1);
        Assert.Equal([Event.BodyOneofCase.Applied], applied.Kinds);
        Assert.Equal("t", Assert.Single(applied.Sent).Command.DecisionSeen.TransactionId);
    }

    [Fact]
    public void Its_coordinator_does_not_tell_again_meanwhile() => Assert.InRange(DueEndings.UnwatchedFoldMs, DueEndings.FoldMs, 750);

    [Fact]
    public void Where_somebody_watches_it_is_not_late() => Assert.Equal(DueEndings.FoldMs, WaitsFor(Committed(isWatched: true, Make.PutOp("w"))));

    [Fact]
    public void A_time_to_live_begins_soon() => Assert.Equal(DueEndings.FoldMs, WaitsFor(Committed(isWatched: false, Make.PutOpFor("w", ttlSeconds: 2))));

    [Fact]
    public void What_is_heard_when_somebody_watches_takes_what_was_heard_before_with_it()
    {
        var key = Scenario.Given(EntityId.Key("k"), [Scenario.Row(2, Make.Written(1, "v"))]);
        foreach (var id in new[] { "t", "u" }) key.When(Make.Prepare(id, conditions: [new Condition { Key = "k", Revision = 1 }]));
        key.IsWatched = false;
        key.When(Make.Commit("t", 1, 2));
        Assert.Equal(DueEndings.UnwatchedFoldMs, WaitsFor(key));
        key.IsWatched = true;
        key.When(Make.Commit("u", 1, 3));
        Assert.Equal(DueEndings.FoldMs, WaitsFor(key));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.Applied], key.WhenTimePasses(DueEndings.FoldMs).Kinds);
    }

    [Fact]
    public void A_read_sees_it_and_a_write_stores_it_first()
    {
        var key = Committed(isWatched: false, Make.PutOp("w"));
        Assert.Equal("w", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.KeyWritten], key.When(Make.Put("x", ifRevision: 2)).Kinds);
    }

    /// <summary>Its release, and the end of a session, may have to wait for what rests on it.</summary>
    [Fact]
    public void A_lock_does_not_wait_longer()
    {
        var scenario = LockScenario.Held();
        scenario.IsWatched = false;
        scenario.When(LockScenario.Guard("t", 1));
        Assert.Empty(scenario.When(Make.Commit("t", 1, scenario.Journal.Count)).Batch.Rows);
        Assert.Equal([Event.BodyOneofCase.Applied], scenario.WhenTimePasses(DueEndings.FoldMs).Kinds);
    }
}
