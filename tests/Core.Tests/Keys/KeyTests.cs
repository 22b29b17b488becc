using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

public sealed class KeyTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    [Fact]
    public void What_is_put_is_there_with_the_next_revision()
    {
        var key = Scenario.Fresh(Key);
        Assert.Equal(1, key.When(Make.Put("a")).Reply().PutKey.Revision);
        Assert.Equal(2, key.When(Make.Put("b")).Reply().PutKey.Revision);
        var read = key.When(Make.Get()).Reply().KeyValue;
        Assert.Equal(("k", "b", 2), (read.Key, read.Value.ToStringUtf8(), read.Revision));
    }

    [Fact]
    public void Revisions_go_on_over_deletes()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a"));
        var deleted = key.When(Make.Delete()).Reply().DeleteKey;
        Assert.Equal((2, true), (deleted.Revision, deleted.Deleted));
        Assert.Equal(ErrorCode.NotFound, key.When(Make.Get()).Code());
        Assert.Equal(3, key.When(Make.Put("b")).Reply().PutKey.Revision);
    }

    [Fact]
    public void Deleting_what_is_not_there_is_no_error_and_makes_no_revision()
    {
        var key = Scenario.Fresh(Key);
        var deleted = key.When(Make.Delete()).Reply().DeleteKey;
        Assert.Equal((0, false), (deleted.Revision, deleted.Deleted));
        Assert.Equal(1, key.When(Make.Put("a")).Reply().PutKey.Revision);
    }

    [Fact]
    public void A_compare_wants_the_revision_that_there_is()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a"));
        var refused = key.When(Make.Put("b", ifRevision: 2));
        Assert.Equal(ErrorCode.RevisionMismatch, refused.Code());
        Assert.Equal("1", refused.Reply().Failure.Details.Fields["revision"].StringValue);
        Assert.Equal(2, key.When(Make.Put("b", ifRevision: 1)).Reply().PutKey.Revision);
        Assert.Equal(ErrorCode.RevisionMismatch, key.When(Make.Delete(ifRevision: 1)).Code());
        Assert.True(key.When(Make.Delete(ifRevision: 2)).Reply().DeleteKey.Deleted);
    }

    [Fact]
    public void Revision_0_wants_the_key_absent_also_after_a_delete()
    {
        var key = Scenario.Fresh(Key);
        Assert.Equal(1, key.When(Make.Put("a", ifRevision: 0)).Reply().PutKey.Revision);
        Assert.Equal(ErrorCode.RevisionMismatch, key.When(Make.Put("b", ifRevision: 0)).Code());
        key.When(Make.Delete());
        Assert.Equal("0", key.When(Make.Put("b", ifRevision: 2)).Reply().Failure.Details.Fields["revision"].StringValue);
        Assert.Equal(3, key.When(Make.Put("b", ifRevision: 0)).Reply().PutKey.Revision);
    }

    [Fact]
    public void A_snapshot_is_the_key()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a"));
        key.When(Make.Put("b"));
        key.When(Make.Prepare("t", then: Make.PutOp("c")));
        key.RestartFromSnapshot();
        var read = key.When(Make.Get());
        Assert.Equal(3, key.When(Make.Commit("t", 1, 3)).ReplyTo(read).KeyValue.Revision);
    }

    [Fact]
    public void It_may_sleep_when_nothing_is_open()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a"));
        Assert.True(key.Entity.IsIdle);
        key.When(Make.Prepare("t", then: Make.GetOp()));
        Assert.False(key.Entity.IsIdle);
        key.WhenApplied(Make.Abort("t"));
        Assert.True(key.Entity.IsIdle);
        Assert.Null(key.Entity.WakeAtMs);
    }
}
