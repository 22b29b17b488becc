using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Backups;

public sealed class RestoredKeyTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Command Restore(long revision, string? value, long? highest = null, long expiresAtMs = 0) => new()
    {
        RestoreKey = new BackupKey
        {
            Key = "k", Present = value is not null, Value = ByteString.CopyFromUtf8(value ?? ""), Revision = revision, HighestRevision = highest ?? revision,
            ExpiresAtMs = expiresAtMs == 0 ? 0 : Scenario.StartMs + expiresAtMs,
        },
    };

    private static Scenario Restored(long revision = 7, string? value = "v", long expiresAtMs = 0, RuleSwitches? rules = null)
    {
        var key = Scenario.Fresh(Key, rules: rules);
        Assert.NotNull(key.When(Restore(revision, value, expiresAtMs: expiresAtMs)).Reply().Restored);
        return key;
    }

    [Fact]
    public void A_restored_key_is_as_it_was()
    {
        var read = Restored().Restart().When(Make.Get()).Reply().KeyValue;
        Assert.Equal((7, "v"), (read.Revision, read.Value.ToStringUtf8()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_next_revision_is_above_all_that_can_have_been_given_out_after_the_backup(bool fromSnapshot)
    {
        var key = Restored();
        if (fromSnapshot) key.RestartFromSnapshot();
        else key.Restart();
        Assert.Equal(7 + Limits.RestoreJump + 1, key.When(Make.Put("w", ifRevision: 7)).Reply().PutKey.Revision);
        Assert.Equal(7 + Limits.RestoreJump + 2, key.Restart().When(Make.Put("x")).Reply().PutKey.Revision);
    }

    [Fact]
    public void Without_that_rule_a_revision_from_after_the_backup_comes_again() =>
        Assert.Equal(8, Restored(rules: RuleSwitches.AllOn with { RestoreAbove = false }).When(Make.Put("w")).Reply().PutKey.Revision);

    [Fact]
    public void A_transaction_goes_on_above_too()
    {
        var key = Restored();
        key.When(Make.Prepare("t", then: Make.AppendOp("w")));
        key.When(Make.Commit("t", 1, 2));
        var read = key.When(Make.Get()).Reply().KeyValue;
        Assert.Equal((8 + Limits.RestoreJump, "vw"), (read.Revision, read.Value.ToStringUtf8()));
    }

    [Fact]
    public void A_deleted_key_stays_deleted_and_its_revisions_go_on()
    {
        var key = Restored(value: null);
        Assert.Equal(ErrorCode.NotFound, key.When(Make.Get()).Code());
        Assert.Equal(8 + Limits.RestoreJump, key.When(Make.Put("w", ifRevision: 0)).Reply().PutKey.Revision);
    }

    [Fact]
    public void A_transaction_on_a_deleted_one_goes_on_above_too()
    {
        var key = Restored(value: null);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Commit("t", 1, 2));
        Assert.Equal(8 + Limits.RestoreJump, key.When(Make.Get()).Reply().KeyValue.Revision);
    }

    [Fact]
    public void What_was_to_end_meanwhile_ends_and_what_is_not_over_stays()
    {
        var key = Restored(expiresAtMs: 5000);
        Assert.Equal(7, key.When(Make.Get()).Reply().KeyValue.Revision);
        var ended = key.After(5000).When(Make.Expire());
        Assert.Equal(8 + Limits.RestoreJump, Assert.Single(ended.Events).KeyWritten.Revision);
        Assert.Equal(ErrorCode.NotFound, key.When(Make.Get()).Code());
    }

    [Fact]
    public void A_restore_that_is_repeated_changes_nothing_whatever_has_become_of_the_key()
    {
        var key = Restored();
        var again = key.When(Restore(7, "v"));
        Assert.NotNull(again.Reply().Restored);
        Assert.Empty(again.Events);
        key.When(Make.Put("w"));
        Assert.NotNull(key.When(Restore(7, "v")).Reply().Restored);
        Assert.Equal("w", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        key.When(Make.Delete());
        Assert.Empty(key.When(Restore(7, "v")).Events);
    }

    [Fact]
    public void A_key_that_somebody_has_written_is_left_alone()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("mine"));
        Assert.Equal(ErrorCode.RevisionMismatch, key.When(Restore(7, "v")).Code());
        Assert.Equal("mine", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_key_on_which_a_transaction_is_open_is_left_alone()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Equal(ErrorCode.RevisionMismatch, key.When(Restore(7, "v")).Code());
    }

    [Fact]
    public void A_second_restore_goes_on_above_the_first()
    {
        var key = Scenario.Fresh(Key);
        key.When(Restore(7, "v", highest: 7 + Limits.RestoreJump));
        Assert.Equal(8 + (2 * Limits.RestoreJump), key.When(Make.Put("w")).Reply().PutKey.Revision);
    }

    [Fact]
    public void A_row_that_restores_what_has_a_history_is_refused() => Assert.Throws<InvalidHistoryException>(() => Scenario.Given(Key,
        [Scenario.Row(1, Make.Written(1, "v")), Scenario.Row(1, new Event { KeyRestored = new KeyRestored { Value = new KeyWritten { Present = true, Revision = 7 } } })]));
}
