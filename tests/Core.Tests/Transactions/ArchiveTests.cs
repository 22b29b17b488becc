using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.OutcomeScenario;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>Outcomes go to the table after some minutes, and the slot's memory stays as large as what is recent.</summary>
public sealed class ArchiveTests
{
    private const long InSlotMs = Limits.TransactionInSlotMinutes * MinuteMs;

    private static readonly string T = Make.RequestId();

    [Fact]
    public void A_settled_transaction_stays_in_the_slot_for_its_minutes_and_then_goes_to_the_table()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        Assert.Empty(world.ArchiveAfter(InSlotMs - 1000));
        Assert.Equal(1, world.InSlot);
        Assert.Equal([T], world.ArchiveAfter(31_000));
        Assert.Equal(0, world.InSlot);
        Assert.Null(world.Slot.Entity.WakeAtMs);
    }

    [Fact]
    public void What_goes_to_the_table_has_the_outcome_and_no_results()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        world.ArchiveAfter(InSlotMs + MinuteMs);
        var stored = world.Table[T];
        Assert.Equal((Outcome.Committed, true), (stored.Committed.Result.Outcome, stored.Committed.Result.ConditionsHeld));
        Assert.Empty(stored.Committed.Result.Results);
        Assert.Empty(stored.Started.Participants);
        Assert.False(stored.Started.PayloadHash.IsEmpty);
    }

    [Fact]
    public void What_is_open_stays()
    {
        var world = new OutcomeScenario();
        world.Slot.When(Run(T));
        world.Slot.When(CoordinatorVoteTests.Yes(T, "kv/a", 1), CoordinatorVoteTests.Yes(T, "kv/b", 1));
        Assert.Empty(world.ArchiveAfter(2 * InSlotMs));
        Assert.Equal(1, world.InSlot);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_leaves_the_slot_only_when_it_is_stored_and_is_tried_again(bool answered)
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        var effect = world.Slot.WhenTimePasses(InSlotMs + MinuteMs).Batch.Afterwards.OfType<ArchiveEffect>().Single();
        if (answered) Assert.Empty(world.Slot.When(Stored(effect, stored: false)).Events);
        Assert.Equal(1, world.InSlot);
        Assert.Equal([T], world.ArchiveAfter(11_000));
        // What is said of the first try, late, is not about this one.
        Assert.Empty(world.Slot.When(Stored(effect)).Events);
    }

    [Fact]
    public void It_leaves_in_a_row_and_is_gone_after_recovery_too()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        world.ArchiveAfter(InSlotMs + MinuteMs);
        Assert.Contains(world.Slot.Journal, r => r.Events.Any(e => e.TransactionsArchived?.TransactionIds.Contains(T) == true));
        world.Slot.Restart(epoch: 2);
        Assert.Equal(Outcome.Committed, world.Ask(Get(T)).TransactionStatus.Outcome);
        Assert.Equal(0, world.InSlot);
    }

    [Fact]
    public void The_slots_memory_does_not_grow_with_the_day()
    {
        var world = new OutcomeScenario();
        var most = 0;
        for (var minute = 0; minute < 120; minute++)
        {
            for (var i = 0; i < 3; i++) world.Commit(Make.RequestId(minute * MinuteMs, (byte)i));
            world.ArchiveAfter(MinuteMs - 1500);
            most = Math.Max(most, world.InSlot);
        }
        Assert.InRange(most, 30, 40);
        Assert.InRange(world.Table.Count, 320, 360);
    }

    [Fact]
    public void Many_go_at_once_and_the_rest_right_after()
    {
        var world = new OutcomeScenario();
        for (var i = 0; i < Limits.OutcomesPerArchive + 5; i++) world.Slot.When(Resolve(Make.RequestId(number: (byte)i)[..^12] + $"{i:000000000000}"));
        Assert.Equal(Limits.OutcomesPerArchive, world.ArchiveAfter(InSlotMs + MinuteMs).Count);
        Assert.Equal(5, world.ArchiveAfter(1).Count);
    }

    [Fact]
    public void When_the_wall_clock_goes_back_meanwhile_it_stays_until_it_is_ripe_by_the_row()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        var effect = world.Slot.WhenTimePasses(InSlotMs + MinuteMs).Batch.Afterwards.OfType<ArchiveEffect>().Single();
        world.Slot.WallClockBack(5 * MinuteMs);
        Assert.Empty(world.Slot.When(Stored(effect)).Events);
        Assert.Equal(1, world.InSlot);
        Assert.Equal([T], world.ArchiveAfter(5 * MinuteMs));
    }

    [Fact]
    public void When_the_table_takes_nothing_for_a_day_the_slot_keeps_it_and_tries_on()
    {
        var world = new OutcomeScenario();
        world.Commit(T);
        world.Slot.WhenTimePasses(DayMs + MinuteMs);
        Assert.Equal(Outcome.Committed, world.Ask(Get(T)).TransactionStatus.Outcome);
        Assert.Equal([T], world.ArchiveAfter(MinuteMs));
        Assert.Equal(0, world.InSlot);
    }

    /// <summary>Earlier versions forgot by the time of rows, and an id that is no uuid of version 7 could be used again.</summary>
    [Fact]
    public void Rows_of_before_in_which_an_id_was_used_again_after_a_day_are_still_folded()
    {
        var world = new OutcomeScenario();
        world.Commit("order-1");
        var rows = world.Slot.Journal.Select(r => r.Clone()).ToList();
        var again = rows.First(r => r.Events.Any(e => e.TransactionStarted is not null)).Clone();
        again.TimeMs += DayMs + (2 * MinuteMs);
        var slot = Scenario.Given(Make.Coordinator, [.. rows, again]);
        Assert.Equal(Outcome.InProgress, slot.When(Get("order-1")).Reply().TransactionStatus.Outcome);
    }

    [Fact]
    public void A_row_that_archives_what_is_not_settled_is_impossible_history()
    {
        Envelope[] rows = [Scenario.Row(1, new Event { TransactionStarted = new TransactionStarted { TransactionId = T, Attempt = 1, Participants = { "kv/a" } } }), Scenario.Row(1, new Event { TransactionsArchived = new TransactionsArchived { TransactionIds = { T } } })];
        Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Make.Coordinator, rows));
    }
}
