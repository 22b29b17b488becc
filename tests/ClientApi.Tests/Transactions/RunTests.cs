using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Transactions;

/// <summary>What is sent for a body, when it is run again, and how its end is told.</summary>
public sealed class RunTests
{
    internal static readonly ByteString Five = ByteString.CopyFromUtf8("5");

    [Fact]
    public async Task What_was_read_becomes_conditions_and_what_was_written_becomes_the_change()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);

        await client.Transactions.RunAsync(async tx =>
        {
            var from = long.Parse((await tx.GetStringAsync("from"))!);
            Assert.Null(await tx.GetAsync("absent"));
            tx.Put("from", $"{from - 1}");
            tx.Add("to", 1);
            tx.Append("log", "x");
            tx.Delete("old");
        });

        var sent = Assert.Single(node.Seen<TransactionRequest>());
        Assert.Equal([new Condition { Key = "from", Revision = 4 }, new Condition { Key = "absent", Absent = true }], sent.Conditions);
        Assert.Equal(
            [
                new Operation { Put = new PutOperation { Key = "from", Value = ByteString.CopyFromUtf8("4") } },
                new Operation { Add = new AddOperation { Key = "to", Amount = 1 } },
                new Operation { Append = new AppendOperation { Key = "log", Value = ByteString.CopyFromUtf8("x") } },
                new Operation { Delete = new DeleteOperation { Key = "old" } },
            ],
            sent.Then);
        Assert.Empty(sent.Else);
        Assert.Equal(10, sent.DeadlineSeconds);
        Assert.Equal(7, Guid.Parse(sent.TransactionId).Version);
    }

    [Fact]
    public async Task A_conflict_runs_the_body_again_with_a_new_id_and_fresh_reads()
    {
        await using var node = await NodeAsync();
        var revision = 3;
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = Five, Revision = ++revision });
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => r.Conditions[0].Revision < 6 ? FakeTransactions.Committed(r, 0) : FakeTransactions.Committed(r));
        await using var client = TestClient.Connect(node);

        var seen = await client.Transactions.RunAsync(async tx =>
        {
            var entry = await tx.GetAsync("k");
            tx.Put("k", "6");
            return entry!.Revision;
        });

        Assert.Equal(new Revision(6), seen);
        Assert.Equal(3, node.Seen<TransactionRequest>().Select(t => t.TransactionId).Distinct().Count());
    }

    [Fact]
    public async Task A_conflict_that_never_ends_is_thrown_after_the_last_try()
    {
        await using var node = await NodeAsync();
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r, 0));
        await using var client = TestClient.Connect(TestClient.Patient with { TransactionTries = 4 }, node);
        var runs = 0;

        var conflict = await Assert.ThrowsAsync<TransactionConflictException>(() => client.Transactions.RunAsync(async tx =>
        {
            runs++;
            await tx.GetAsync("k");
            tx.Put("k", "6");
        }));

        Assert.Equal(4, runs);
        Assert.Contains("'k'", conflict.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.TxnConflict, """{}""", true)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"deadline"}""", true)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"recovery"}""", true)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"never started"}""", true)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"overflow"}""", false)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"add: overflow of the 64-bit integer (key 'recovery/deadline')"}""", false)]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"resolved"}""", false)]
    [InlineData(ErrorCode.InvalidArgument, """{}""", false)]
    public async Task What_may_succeed_another_time_is_run_again_and_nothing_else(ErrorCode code, string details, bool again)
    {
        await using var node = await NodeAsync();
        var first = true;
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r =>
        {
            if (!first) return FakeTransactions.Committed(r);
            first = false;
            throw Refusal.Of(code, details: Refusal.Details(details));
        });
        await using var client = TestClient.Connect(node);

        var error = await Record.ExceptionAsync(() => client.Transactions.RunAsync(tx =>
        {
            tx.Add("n", 1);
            return Task.CompletedTask;
        }));

        Assert.Equal(again, error is null);
        Assert.Equal(again ? 2 : 1, node.Seen<TransactionRequest>().Select(t => t.TransactionId).Distinct().Count());
        if (!again) Assert.Equal(code, Assert.IsAssignableFrom<AkkaHaException>(error).Code);
    }

    [Fact]
    public async Task A_lost_reply_is_recovered_by_the_same_id_and_content_without_running_the_body_again()
    {
        await using var node = await NodeAsync();
        var first = true;
        node.On<TransactionRequest, Messages.V1.TransactionResult>((r, context) =>
        {
            if (!first) return Task.FromResult(FakeTransactions.Committed(r));
            first = false;
            throw FakeNode.HangUp(context);
        });
        await using var client = TestClient.Connect(node);
        var runs = 0;

        await client.Transactions.RunAsync(async tx =>
        {
            runs++;
            await tx.GetAsync("k");
            tx.Add("n", 1);
        });

        Assert.Equal(1, runs);
        Assert.Equal([1u, 2u], node.Seen<TransactionRequest>().Select(r => r.Attempt));
        Assert.Single(node.Seen<TransactionRequest>().Select(r => new TransactionRequest(r) { Attempt = 0 }).Distinct());
    }

    [Fact]
    public async Task A_body_that_does_nothing_sends_nothing()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);
        await client.Transactions.RunAsync(_ => Task.CompletedTask);
        Assert.Empty(node.Seen<TransactionRequest>());
    }

    [Fact]
    public async Task An_exception_in_the_body_passes_through_and_leaves_nothing_behind()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);
        Transaction? kept = null;

        await Assert.ThrowsAsync<DivideByZeroException>(() => client.Transactions.RunAsync(tx =>
        {
            kept = tx;
            tx.Put("k", "v");
            throw new DivideByZeroException();
        }));

        Assert.Empty(node.Seen<TransactionRequest>());
        Assert.Throws<InvalidOperationException>(() => kept!.Put("k", "late"));
    }

    [Fact]
    public async Task A_required_lock_that_is_gone_is_final_and_lost()
    {
        await using var node = await NodeAsync();
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r, 0));
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireAsync("l");
        var runs = 0;

        await Assert.ThrowsAsync<FenceStaleException>(() => client.Transactions.RunAsync(async tx =>
        {
            runs++;
            await tx.GetAsync("five");
            tx.RequireLock(held);
            tx.RequireLock(held);
            tx.Put("k", "v");
        }));

        Assert.Equal(1, runs);
        Assert.True(held.IsLost);
        Assert.Equal(new Condition { Lock = "l", Fence = held.Fence }, node.Seen<TransactionRequest>()[0].Conditions[0]);
        Assert.Equal(2, node.Seen<TransactionRequest>()[0].Conditions.Count);
    }

    [Fact]
    public async Task Aborted_for_good_and_unknown_are_told_apart_in_a_result_too()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);
        foreach (var (outcome, expected) in new[]
                 {
                     (TransactionStatus.Types.Outcome.Aborted, typeof(TransactionAbortedException)),
                     (TransactionStatus.Types.Outcome.InProgress, typeof(OutcomeUnknownException)),
                     (TransactionStatus.Types.Outcome.Unknown, typeof(OutcomeUnknownException)),
                     ((TransactionStatus.Types.Outcome)77, typeof(OutcomeUnknownException)),
                 })
        {
            node.On<TransactionRequest, Messages.V1.TransactionResult>(r => new Messages.V1.TransactionResult { TransactionId = r.TransactionId, Outcome = outcome });
            Assert.IsType(expected, await Record.ExceptionAsync(() => client.Transactions.SubmitAsync(new TransactionBuilder().Then(t => t.Put("k", "v")))));
        }
    }

    internal static async Task<FakeNode> NodeAsync() => (await FakeNode.StartAsync()).On<GetKeyRequest, KeyValue>(r =>
        r.Key is "absent" ? throw Refusal.Of(ErrorCode.NotFound) : new KeyValue { Key = r.Key, Value = Five, Revision = 4 });
}
