using AkkaHa.Core.Tests.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

/// <summary>A trace goes with what is sent, and changes nothing else.</summary>
public sealed class TraceTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Other = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    [Fact]
    public void A_repeat_of_another_trace_is_the_same_request()
    {
        var key = Scenario.Fresh(EntityId.Key("k"));
        key.When(Traced(Make.Put("a", requestId: Make.RequestId()), Trace));
        var repeat = key.When(Traced(Make.Put("a", requestId: Make.RequestId(), attempt: 2), Other));
        Assert.Empty(repeat.Batch.Rows);
        Assert.Equal(1, repeat.Reply().PutKey.Revision);
    }

    [Fact]
    public void What_a_command_sends_belongs_to_its_trace_and_what_time_brings_to_none()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        var run = slot.When(Traced(new Command { RunTransaction = new TransactionRequest { TransactionId = Make.RequestId(), Then = { Make.PutOp("1", "a"), Make.PutOp("1", "b") } } }, Trace));
        Assert.Equal([Trace, Trace], run.Sent.Select(s => s.Command.Traceparent));

        var later = slot.WhenTimePasses(5_000);
        Assert.NotEmpty(later.Sent);
        Assert.All(later.Sent, s => Assert.Empty(s.Command.Traceparent));
    }

    [Fact]
    public void Of_two_commands_in_one_batch_each_has_what_it_sends_in_its_own_trace()
    {
        var both = Scenario.Fresh(EntityId.Key("k")).When(Traced(Make.Prepare("t1", then: Make.PutOp("1")), Trace), Traced(Make.AskStatus("t2", 1), Other));
        Assert.Equal([("t1", Trace), ("t2", Other)], both.Sent.Select(s => (s.Command.Vote.TransactionId, s.Command.Traceparent)));
    }

    [Fact]
    public void No_row_has_a_trace()
    {
        var put = Scenario.Fresh(EntityId.Key("k")).When(Traced(Make.Put("a", requestId: Make.RequestId()), Trace));
        Assert.DoesNotContain("0af7651916cd43dd", put.Batch.Rows.Single().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_operators_count_is_what_the_entity_holds()
    {
        var held = LockScenario.Held();
        Assert.Equal((1, 0), (held.Entity.Levels.Holders, held.Entity.Levels.Waiters));
        held.Ask(2, 2, wait: 30);
        Assert.Equal((1, 1), (held.Entity.Levels.Holders, held.Entity.Levels.Waiters));

        var slot = Scenario.Fresh(Make.Coordinator);
        var id = Make.RequestId();
        slot.When(new Command { RunTransaction = new TransactionRequest { TransactionId = id, Then = { Make.PutOp("1", "a") } } });
        Assert.Equal(1, slot.Entity.Levels.OpenTransactions);
        slot.When(new Command { ResolveTransaction = new ResolveTransactionRequest { TransactionId = Make.RequestId(number: 9) } });
        Assert.Equal(1, slot.Entity.Levels.OpenTransactions);
    }

    private static Command Traced(Command command, string trace)
    {
        command.Traceparent = trace;
        return command;
    }
}
