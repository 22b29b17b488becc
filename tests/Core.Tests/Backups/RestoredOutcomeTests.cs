using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Tests.Transactions;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Backups;

/// <summary>Restored outcomes are in the table alone, however young: a slot that has nothing of an id that was issued a moment ago must look there nevertheless.</summary>
public sealed class RestoredOutcomeTests
{
    private static readonly string Id = Make.RequestId(-1000, number: 1);

    private static OutcomeScenario Restored(bool told = true)
    {
        // What a backup of it has: run, committed, settled.
        var before = new OutcomeScenario();
        before.Commit(Id);
        before.ArchiveAfter(11 * OutcomeScenario.MinuteMs);
        var after = new OutcomeScenario();
        after.Table[Id] = before.Table[Id];
        if (told) after.Slot.When(new Command { RestoreSlot = new RestoreSlot { OutcomesIssuedUntilMs = Scenario.StartMs } });
        return after;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_repeat_of_a_young_transaction_is_not_run_again(bool fromSnapshot)
    {
        var world = Restored();
        if (fromSnapshot) world.Slot.RestartFromSnapshot();
        else world.Slot.Restart();
        Assert.Equal(TransactionStatus.Types.Outcome.Committed, world.Ask(OutcomeScenario.Run(Id)).Transaction.Outcome);
        Assert.Equal(TransactionStatus.Types.Outcome.Committed, world.Ask(OutcomeScenario.Get(Id)).TransactionStatus.Outcome);
        Assert.Equal(ErrorCode.InvalidArgument, world.Ask(OutcomeScenario.RunOther(Id)).Failure.Code);
    }

    [Fact]
    public void Were_the_slot_not_told_it_would_be() =>
        Assert.Equal(Event.BodyOneofCase.TransactionStarted, Restored(told: false).Slot.When(OutcomeScenario.Run(Id)).Kinds.Single());

    [Fact]
    public void Ids_of_later_are_not_looked_up() =>
        Assert.Null(OutcomeScenario.LookUpOf(Restored().Slot.After(1000).When(OutcomeScenario.Run(Make.RequestId(500, number: 2)))));

    [Fact]
    public void What_was_open_at_the_moment_and_did_not_come_through_is_run_when_it_is_repeated()
    {
        var world = Restored();
        var other = Make.RequestId(-500, number: 3);
        var asked = world.Slot.When(OutcomeScenario.Run(other));
        Assert.Contains(Event.BodyOneofCase.TransactionStarted, world.Slot.When(world.Answer(OutcomeScenario.LookUpOf(asked)!)).Kinds);
    }
}
