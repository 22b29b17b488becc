using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What only reads, and has no id: two readings that are alike.</summary>
public sealed class SnapshotReadTests
{
    private static readonly EntityId A = EntityId.Key("a");
    private static readonly EntityId B = EntityId.Key("b");

    private static TransactionRequest Both() => new() { Then = { Make.GetOp("a"), Make.GetOp("b") } };

    private static Reply There(string key, long revision, string value = "x") => new() { KeyValue = new KeyValue { Key = key, Revision = revision, Value = ByteString.CopyFromUtf8(value) } };

    private static Reply Gone(long? last)
    {
        var reply = Replies.Failure(ErrorCode.NotFound, "no");
        if (last is { } revision) reply.LastRevision = revision;
        return reply;
    }

    private static Dictionary<EntityId, Reply> Round(Reply a, Reply b) => new() { [A] = a, [B] = b };

    [Fact]
    public void Two_readings_alike_are_the_result()
    {
        var read = new SnapshotRead(Both());
        Assert.Equal([A, B], read.Keys);
        Assert.Null(read.Take(Round(There("a", 1, "one"), Gone(0))));
        var result = read.Take(Round(There("a", 1, "one"), Gone(0)))!;
        Assert.Equal([("a", 1L, "one"), ("b", 0L, "")], result.Results.Select(r => (r.Key, r.Revision, r.Value.ToStringUtf8())));
        Assert.Equal((TransactionStatus.Types.Outcome.Committed, true), (result.Outcome, result.ConditionsHeld));
    }

    [Fact]
    public void One_revision_that_changed_makes_it_begin_with_the_second()
    {
        var read = new SnapshotRead(Both());
        Assert.Null(read.Take(Round(There("a", 1), There("b", 1))));
        Assert.Null(read.Take(Round(There("a", 2), There("b", 1))));
        Assert.NotNull(read.Take(Round(There("a", 2), There("b", 1))));
    }

    [Fact]
    public void What_was_there_between_two_readings_that_find_it_absent_makes_it_begin_again()
    {
        var read = new SnapshotRead(Both());
        Assert.Null(read.Take(Round(Gone(2), Gone(0))));
        Assert.Null(read.Take(Round(Gone(4), Gone(0))));
    }

    [Fact]
    public void A_node_that_does_not_tell_the_revision_of_what_is_absent_is_of_no_use() =>
        Assert.Throws<NotThisWayException>(() => new SnapshotRead(Both()).Take(Round(There("a", 1), Gone(null))));

    [Fact]
    public void One_key_is_read_once() => Assert.NotNull(new SnapshotRead(new TransactionRequest { Then = { Make.GetOp("a") } }).Take(new Dictionary<EntityId, Reply> { [A] = There("a", 1) }));

    [Fact]
    public void Conditions_choose_the_branch_as_they_do_elsewhere()
    {
        var request = new TransactionRequest
        {
            Conditions = { new Condition { Key = "a", Revision = 3 }, new Condition { Key = "b", Absent = true } }, Then = { Make.GetOp("a") }, Else = { Make.GetOp("b"), Make.GetOp("a") },
        };
        TransactionResult Of(Reply a, Reply b)
        {
            var read = new SnapshotRead(request);
            read.Take(Round(a, b));
            return read.Take(Round(a, b))!;
        }
        var held = Of(There("a", 3), Gone(9));
        Assert.Equal((true, 1), (held.ConditionsHeld, held.Results.Count));
        var other = Of(There("a", 3), There("b", 9));
        Assert.False(other.ConditionsHeld);
        Assert.Equal([true, false], other.ConditionResults);
        Assert.Equal([9L, 3L], other.Results.Select(r => r.Revision));
    }

    [Fact]
    public void It_is_for_keys_that_are_only_read_and_for_who_can_not_ask_by_an_id()
    {
        Assert.True(SnapshotRead.IsFor(Both()));
        Assert.True(SnapshotRead.IsFor(new TransactionRequest { Conditions = { new Condition { Key = "a", Revision = 3 } } }));
        Assert.False(SnapshotRead.IsFor(new TransactionRequest { TransactionId = "t", Then = { Make.GetOp("a") } }));
        Assert.False(SnapshotRead.IsFor(new TransactionRequest { Then = { Make.GetOp("a") }, Else = { Make.PutOp("1", "a") } }));
        Assert.False(SnapshotRead.IsFor(new TransactionRequest { Conditions = { new Condition { Lock = "l", Fence = 1 } }, Then = { Make.GetOp("a") } }));
        Assert.False(SnapshotRead.IsFor(new TransactionRequest { Conditions = { new Condition { Session = "s" } }, Then = { Make.GetOp("a") } }));
    }

    [Fact]
    public void A_key_tells_its_revision_also_where_it_is_gone()
    {
        var key = Scenario.Fresh(A);
        Assert.Equal((true, 0L), Told(key));
        key.When(Make.Put("x"));
        key.When(Make.Delete());
        Assert.Equal((true, 2L), Told(key));

        static (bool, long) Told(Scenario key)
        {
            var reply = key.When(new Command { GetKey = new GetKeyRequest { Key = "a" } }).Reply();
            return (reply.HasLastRevision, reply.LastRevision);
        }
    }
}
