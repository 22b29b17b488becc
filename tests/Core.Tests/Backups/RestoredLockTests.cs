using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Tests.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Backups;

public sealed class RestoredLockTests
{
    private static readonly EntityId Slot = EntityId.SessionSlot(4);

    private static Command Restore(long lastFence) => new() { RestoreLock = new BackupLock { Name = "l", LastFence = lastFence } };

    private static Command RestoreSlot(long fenceFloor) => new() { RestoreSlot = new RestoreSlot { FenceFloor = fenceFloor } };

    /// <summary>What a session's slot says after that: of a session that lives.</summary>
    private static Command AliveAfter(Scenario slot)
    {
        var asked = Make.From(LockScenario.Id, new Command { AskLiveness = new AskLiveness { SessionId = LockScenario.Session(1) } });
        var said = slot.When(asked).Sent.Single(s => s.Command.Liveness is not null).Command;
        said.Liveness.Alive = true;
        said.Liveness.RemainingMs = 10_000;
        return said;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_fence_is_above_all_that_can_have_been_given_out_after_the_backup(bool fromSnapshot)
    {
        var held = Scenario.Fresh(LockScenario.Id);
        Assert.NotNull(held.When(Restore(17)).Reply().Restored);
        if (fromSnapshot) held.RestartFromSnapshot();
        else held.Restart();
        Assert.Equal(17 + Limits.RestoreJump + 1, held.Have(1, LockMode.Exclusive));
    }

    [Fact]
    public void Without_that_rule_a_fence_from_after_the_backup_comes_again()
    {
        var held = Scenario.Fresh(LockScenario.Id, rules: RuleSwitches.AllOn with { RestoreAbove = false });
        held.When(Restore(17));
        Assert.Equal(18, held.Have(1, LockMode.Exclusive));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lock_that_no_backup_knows_goes_on_above_too_since_its_sessions_slot_says_so(bool fromSnapshot)
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(RestoreSlot(3));
        if (fromSnapshot) slot.RestartFromSnapshot();
        else slot.Restart();
        var fresh = Scenario.Fresh(LockScenario.Id);
        var asked = fresh.When(LockScenario.Acquire(1, 1));
        Assert.Equal(3 + Limits.RestoreJump + 1, fresh.When(AliveAfter(slot)).ReplyTo(asked).LockGrant.Fence);
        // From its rows alone it goes on.
        Assert.Equal(3 + Limits.RestoreJump + 1, fresh.Restart().Look().LastFence);
    }

    [Fact]
    public void A_slot_that_hears_it_again_stores_nothing_and_never_goes_back()
    {
        var slot = Scenario.Fresh(Slot);
        Assert.Single(slot.When(RestoreSlot(3)).Events);
        Assert.Empty(slot.When(RestoreSlot(3)).Events);
        Assert.Empty(slot.When(RestoreSlot(1)).Events);
        Assert.Equal(3 + Limits.RestoreJump, AliveAfter(slot).Liveness.FenceFloor);
    }

    [Fact]
    public void A_restore_that_is_repeated_changes_nothing()
    {
        var held = Scenario.Fresh(LockScenario.Id);
        held.When(Restore(17));
        Assert.Empty(held.When(Restore(17)).Events);
        held.Have(1, LockMode.Exclusive);
        var again = held.When(Restore(17));
        Assert.NotNull(again.Reply().Restored);
        Assert.Empty(again.Events);
    }

    [Fact]
    public void A_lock_that_somebody_has_taken_is_left_alone() => Assert.Equal(ErrorCode.FenceStale, LockScenario.Held().When(Restore(17)).Code());

    [Fact]
    public void A_lock_that_somebody_is_being_let_into_is_left_alone()
    {
        var fresh = Scenario.Fresh(LockScenario.Id);
        fresh.When(LockScenario.Acquire(1, 1));
        Assert.Equal(ErrorCode.FenceStale, fresh.When(Restore(17)).Code());
    }
}
