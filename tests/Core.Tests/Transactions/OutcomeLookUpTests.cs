using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.OutcomeScenario;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>An id that the slot does not know may be in the table: nothing is decided on it before that is known.</summary>
public sealed class OutcomeLookUpTests
{
    private const long InSlotMs = Limits.TransactionInSlotMinutes * MinuteMs;

    private static readonly string T = Make.RequestId();

    public static TheoryData<string> Ids => new("order-17", T, $"guarded:{T}");

    private static OutcomeScenario Archived(string id, long laterMs = 60 * MinuteMs, RuleSwitches? rules = null)
    {
        var world = new OutcomeScenario(rules);
        world.Commit(id);
        world.ArchiveAfter(InSlotMs + MinuteMs);
        Assert.Equal(0, world.InSlot);
        world.Slot.After(laterMs);
        return world;
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_repeat_after_the_archive_gets_the_same_outcome_and_runs_nothing(string id)
    {
        var world = Archived(id);
        var again = world.Slot.When(Run(id));
        Assert.Empty(again.Events);
        Assert.Empty(again.Sent);
        var told = world.Slot.When(world.Answer(LookUpOf(again)!));
        Assert.Empty(told.Events);
        Assert.Equal((Outcome.Committed, true), (told.ReplyTo(again).Transaction.Outcome, told.ReplyTo(again).Transaction.ConditionsHeld));
    }

    [Fact]
    public void The_same_id_with_another_payload_is_an_error_also_after_the_archive() => Assert.Equal(ErrorCode.InvalidArgument, Archived(T).Ask(RunOther(T)).Failure.Code);

    [Fact]
    public void Without_the_rule_the_same_id_is_run_again() =>
        Assert.Contains(Event.BodyOneofCase.TransactionStarted, Archived(T, rules: RuleSwitches.AllOn with { OutcomeLookUp = false }).Slot.When(Run(T)).Kinds);

    [Fact]
    public void Clients_that_ask_hear_what_it_came_to()
    {
        var world = Archived(T);
        Assert.Equal(Outcome.Committed, world.Ask(Get(T)).TransactionStatus.Outcome);
        Assert.Equal(Outcome.Committed, world.Ask(Resolve(T)).TransactionStatus.Outcome);
        Assert.Equal(Outcome.Unknown, world.Ask(Get("never")).TransactionStatus.Outcome);
        Assert.Equal(0, world.InSlot);
    }

    [Fact]
    public void A_participant_that_asks_about_an_archived_commit_is_told_a_commit_that_names_nothing_of_its()
    {
        var world = Archived(T);
        var asked = world.Slot.When(InDoubt(T));
        Assert.Empty(asked.Events);
        Assert.Empty(asked.Sent);
        var told = world.Slot.When(world.Answer(LookUpOf(asked)!));
        Assert.Empty(told.Events);
        Assert.Equal(0, Assert.Single(told.Sent).Command.Commit.PreparedSequenceNr);
    }

    [Fact]
    public void What_was_aborted_stays_aborted()
    {
        var world = new OutcomeScenario();
        Assert.Equal(Outcome.Aborted, world.Ask(Resolve("t")).TransactionStatus.Outcome);
        Assert.Equal(["t"], world.ArchiveAfter(InSlotMs + MinuteMs));
        Assert.Equal(ErrorCode.TxnAborted, world.Ask(Run("t")).Failure.Code);
        Assert.NotNull(world.Slot.When(world.Answer(LookUpOf(world.Slot.When(InDoubt("t")))!)).Sent[0].Command.Abort);
    }

    [Fact]
    public void An_id_that_is_new_everywhere_is_run_when_the_table_has_said_so()
    {
        var world = new OutcomeScenario();
        var run = world.Slot.When(Run("t"));
        Assert.Empty(run.Sent);
        // A batch with nothing of its own claims all the same.
        Assert.Equal([Event.BodyOneofCase.Claimed], run.Kinds);
        var started = world.Slot.When(world.Answer(LookUpOf(run)!));
        Assert.Equal([Event.BodyOneofCase.TransactionStarted], started.Kinds);
        Assert.Equal(2, started.Sent.Count(s => s.Command.Prepare is not null));
        world.Slot.When(CoordinatorVoteTests.Yes("t", "kv/a", 1));
        Assert.Equal(Outcome.Committed, world.Slot.When(CoordinatorVoteTests.Yes("t", "kv/b", 1)).ReplyTo(run).Transaction.Outcome);
    }

    [Fact]
    public void All_that_concerns_one_id_waits_for_one_look_up_and_goes_on_in_order()
    {
        var world = new OutcomeScenario();
        var first = world.Slot.When(Run("t"));
        var others = world.Slot.When(Run("t"), Get("t"), InDoubt("t"), RunOther("t"));
        Assert.Null(LookUpOf(others));
        var then = world.Slot.When(world.Answer(LookUpOf(first)!));
        Assert.Equal([Event.BodyOneofCase.TransactionStarted], then.Kinds);
        Assert.False(then.Answers(first));
        Assert.Equal(Outcome.InProgress, then.ReplyTo(others, 1).TransactionStatus.Outcome);
        Assert.Equal(ErrorCode.InvalidArgument, then.ReplyTo(others, 3).Failure.Code);
        Assert.DoesNotContain(then.Sent, s => s.Command.Abort is not null);
    }

    [Fact]
    public void When_the_table_fails_or_is_slow_nothing_is_decided_and_callers_may_try_again()
    {
        var world = Archived(T);
        var asked = world.Slot.When(Run(T), Get(T), Resolve(T), InDoubt(T));
        var lookUp = LookUpOf(asked)!;
        var failed = world.Slot.When(new Command { Sender = "node", OutcomeLookedUp = new OutcomeLookedUp { Number = lookUp.Number, TransactionId = T } });
        Assert.Empty(failed.Events);
        Assert.Empty(failed.Sent);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(ErrorCode.Unavailable, failed.ReplyTo(asked, i).Failure.Code));

        var slow = world.Slot.When(Run(T));
        var late = world.Slot.WhenTimePasses(Limits.OutcomeLookUpSeconds * 1000);
        Assert.Equal(ErrorCode.Unavailable, late.ReplyTo(slow).Failure.Code);
        Assert.Null(world.Slot.Entity.WakeAtMs);
        // What comes later is no answer to a later question.
        var next = world.Slot.When(Run(T));
        Assert.Empty(world.Slot.When(new Command { Sender = "node", OutcomeLookedUp = new OutcomeLookedUp { Number = LookUpOf(slow)!.Number, TransactionId = T, Answered = true } }).Events);
        Assert.Equal(Outcome.Committed, world.Slot.When(world.Answer(LookUpOf(next)!)).ReplyTo(next).Transaction.Outcome);
    }

    [Fact]
    public void No_more_wait_for_the_table_than_the_limit()
    {
        var world = new OutcomeScenario();
        var asked = world.Slot.When([.. Enumerable.Range(0, Limits.WaitingPerEntity + 1).Select(i => Get($"t{i % 7}"))]);
        Assert.Equal(ErrorCode.Unavailable, asked.Code(Limits.WaitingPerEntity));
        Assert.Equal(7, asked.Batch.Now.OfType<LookUpEffect>().Count());
    }

    [Fact]
    public void A_fresh_uuid_of_version_7_is_run_without_a_look_up()
    {
        var world = new OutcomeScenario();
        Assert.Null(LookUpOf(world.Slot.When(Run(T))));
        Assert.Null(LookUpOf(world.Slot.After(InSlotMs - 1).When(Get(Make.RequestId(number: 2)))));
        Assert.NotNull(LookUpOf(world.Slot.After(1).When(Get(Make.RequestId(number: 2)))));
        Assert.NotNull(LookUpOf(world.Slot.When(Run("order-17"))));
    }

    /// <summary>The inequality, tried: whatever the clocks say, an id that has left the slot is looked up.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(-60)]
    [InlineData(-3600)]
    public void Whatever_the_clients_clock_says_an_id_that_has_left_the_slot_is_looked_up(int aheadSeconds)
    {
        var id = Make.RequestId(aheadSeconds * 1000L);
        var world = new OutcomeScenario();
        world.Commit(id);
        for (var step = 0; step < 60 && world.InSlot > 0; step++) world.ArchiveAfter(15_000);
        Assert.Equal(0, world.InSlot);
        Assert.Equal(Outcome.Committed, world.Ask(Run(id)).Transaction.Outcome);
        // Also on a node whose wall clock is behind by as much as it may be.
        world.Slot.WallClockBack(Limits.ClockAheadSeconds * 1000L);
        Assert.Equal(Outcome.Committed, world.Ask(Run(id)).Transaction.Outcome);
        Assert.Equal(Outcome.Committed, world.Slot.Restart(epoch: 2).Entity is not null ? world.Ask(Run(id)).Transaction.Outcome : default);
    }

    [Fact]
    public void An_id_from_beyond_the_limit_of_clocks_is_refused_for_good()
    {
        var id = Make.RequestId((Limits.ClockAheadSeconds * 1000L) + 1);
        var world = new OutcomeScenario();
        Assert.Equal(ErrorCode.InvalidArgument, world.Ask(Run(id)).Failure.Code);
        Assert.Equal(ErrorCode.TxnAborted, world.Slot.After(MinuteMs).When(Run(id)).Code());
    }

    [Fact]
    public void Clients_whose_clocks_are_ahead_do_not_fill_a_slot()
    {
        var world = new OutcomeScenario();
        for (var i = 0; i < 20; i++) world.Slot.When([.. Enumerable.Range(i * 500, 500).Select(n => Run(Make.RequestId((60 * MinuteMs) + n)))]);
        Assert.Equal(10_000, world.InSlot);
        Assert.Equal(ErrorCode.Unavailable, world.Ask(Run(Make.RequestId(90 * MinuteMs))).Failure.Code);
        Assert.Equal(ErrorCode.Unavailable, world.Ask(Resolve(Make.RequestId(90 * MinuteMs))).Failure.Code);
        Assert.Equal(10_000, world.InSlot);
        // It was no outcome of the right time that made it full, and these go on.
        Assert.NotEmpty(world.Slot.When(Run(Make.RequestId())).Kinds);
    }

    [Fact]
    public void An_id_that_was_resolved_long_before_its_issue_time_stays_aborted()
    {
        var id = Make.RequestId(60 * MinuteMs);
        var world = new OutcomeScenario();
        world.Slot.When(Resolve(id));
        for (var minute = 0; minute < 90; minute++)
        {
            world.ArchiveAfter(MinuteMs);
            Assert.Equal(ErrorCode.TxnAborted, world.Ask(Run(id)).Failure.Code);
        }
        Assert.Equal(0, world.InSlot);
    }

    [Fact]
    public void An_id_older_than_a_day_that_nobody_knows_is_neither_run_nor_reported_as_aborted()
    {
        var world = Archived(T, 2 * DayMs);
        world.Table.Clear();
        Assert.Equal(ErrorCode.OutcomeUnknown, world.Ask(Run(T)).Failure.Code);
        Assert.Equal(Outcome.Unknown, world.Ask(Get(T)).TransactionStatus.Outcome);
        // A participant is told to let go, and nothing is known of the outcome all the same.
        Assert.Equal(T, Assert.Single(world.Slot.When(world.Answer(LookUpOf(world.Slot.When(InDoubt(T)))!)).Sent).Command.Abort.TransactionId);
        Assert.Equal(Outcome.Unknown, world.Ask(Get(T)).TransactionStatus.Outcome);
        Assert.Equal(Outcome.Unknown, world.Ask(Resolve(T)).TransactionStatus.Outcome);
        Assert.Equal(ErrorCode.OutcomeUnknown, world.Ask(Run(T)).Failure.Code);
        world.Slot.RestartFromSnapshot(epoch: 2);
        Assert.Equal(ErrorCode.OutcomeUnknown, world.Ask(Run(T)).Failure.Code);
    }

    [Fact]
    public void However_far_behind_a_slots_clock_is_an_id_whose_outcome_was_deleted_is_not_run_again()
    {
        var world = Archived(T, DayMs);
        world.Slot.WallClockBack(20 * 60 * MinuteMs);
        world.Table.Clear();
        world.DeletedBeforeMs = Scenario.StartMs + DayMs + 1;
        var run = world.Slot.When(Run(T));
        var told = world.Slot.When(world.Answer(LookUpOf(run)!));
        Assert.DoesNotContain(Event.BodyOneofCase.TransactionStarted, told.Kinds);
        Assert.Equal(ErrorCode.OutcomeUnknown, told.ReplyTo(run).Failure.Code);
    }

    [Fact]
    public void However_far_ahead_a_slots_clock_is_a_fresh_id_is_run()
    {
        var world = new OutcomeScenario();
        world.Slot.WallClockBack(-3 * DayMs);
        var started = world.Slot.When(world.Answer(LookUpOf(world.Slot.When(Run(T)))!));
        Assert.Equal([Event.BodyOneofCase.TransactionStarted], started.Kinds);
    }

    [Fact]
    public void A_clock_that_is_days_ahead_for_a_moment_makes_a_slot_forget_nothing()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        world.Slot.WallClockBack(-3 * DayMs);
        world.Ask(Resolve("other"));
        world.Slot.WallClockBack(3 * DayMs);
        Assert.Equal(Outcome.Committed, world.Ask(Get(T)).TransactionStatus.Outcome);
        world.Slot.Restart(epoch: 2);
        Assert.Equal(Outcome.Committed, world.Ask(Run(T)).Transaction.Outcome);
    }

    /// <summary>Nothing that may have committed is ever reported aborted: at every moment of the life of a committed transaction, and a day beyond, each answer is tried.</summary>
    [Theory]
    [MemberData(nameof(Ids))]
    public void What_was_committed_is_at_no_time_reported_as_aborted(string id)
    {
        var world = new OutcomeScenario();
        world.Commit(id);
        for (var minute = 0; minute < 24 * 60; minute += minute < 30 ? 1 : 60)
        {
            world.ArchiveAfter((minute < 30 ? 1 : 60) * MinuteMs);
            foreach (var ask in (Command[])[Get(id), Resolve(id)])
                if (world.Slot.When(ask.Clone()) is var asked && LookUpOf(asked) is { } lookUp)
                {
                    var failed = world.Slot.When(new Command { Sender = "node", OutcomeLookedUp = new OutcomeLookedUp { Number = lookUp.Number, TransactionId = id } });
                    Assert.Equal(ErrorCode.Unavailable, failed.ReplyTo(asked).Failure.Code);
                }
                else Assert.Equal(Outcome.Committed, asked.Reply().TransactionStatus.Outcome);
            Assert.Equal(Outcome.Committed, world.Ask(Get(id)).TransactionStatus.Outcome);
            Assert.Equal(Outcome.Committed, world.Ask(Resolve(id)).TransactionStatus.Outcome);
            Assert.Equal(Outcome.Committed, world.Ask(Run(id)).Transaction.Outcome);
        }
    }
}
