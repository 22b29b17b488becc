using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Transactions;

public sealed class RunTests
{
    private static readonly ByteString Five = ByteString.CopyFromUtf8("5");

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

    /// <summary>Several flows of one body may read the same key.</summary>
    [Fact]
    public async Task Who_gives_a_read_up_does_so_alone()
    {
        await using var node = await NodeAsync();
        var go = new TaskCompletionSource();
        node.On<GetKeyRequest, KeyValue>(async (r, _) =>
        {
            await go.Task;
            return new KeyValue { Key = r.Key, Revision = 1, Value = Google.Protobuf.ByteString.CopyFromUtf8("5") };
        });
        await using var client = TestClient.Connect(node);
        await using var tx = await client.Transactions.BeginAsync();
        using var impatient = new CancellationTokenSource();
        var (first, second) = (tx.GetAsync("k", impatient.Token), tx.GetAsync("k"));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();
        Assert.Equal("5", (await second)!.Text);
    }

    [Fact]
    public async Task A_conflict_that_never_ends_is_thrown_after_the_last_try()
    {
        await using var node = await NodeAsync();
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r, 0));
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TransactionTries = 4 }, node);
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
    public async Task Reads_are_repeatable()
    {
        await using var node = await NodeAsync();
        var revision = 0;
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = Five, Revision = ++revision });
        await using var client = TestClient.Connect(node);

        await client.Transactions.RunAsync(async tx =>
        {
            var both = await Task.WhenAll(tx.GetAsync("k"), tx.GetAsync("k"));
            Assert.All(both, e => Assert.Equal(new Revision(1), e!.Revision));
            Assert.Equal(new Revision(1), (await tx.GetAsync("k"))!.Revision);
        });

        Assert.Single(node.Seen<GetKeyRequest>());
    }

    [Fact]
    public async Task A_read_that_failed_may_be_tried_again_and_is_no_condition()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);
        await client.Transactions.RunAsync(async tx =>
        {
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tx.GetAsync("k", cancelled.Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tx.GetAsync("other", cancelled.Token));
            Assert.Equal("5", await tx.GetStringAsync("k"));
        });
        Assert.Equal("k", Assert.Single(Assert.Single(node.Seen<TransactionRequest>()).Conditions).Key);
    }

    [Fact]
    public async Task A_transaction_reads_its_own_writes()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);

        await client.Transactions.RunAsync(async tx =>
        {
            tx.Put("blind", "b");
            Assert.Equal("b", await tx.GetStringAsync("blind"));
            tx.Append("blind", "c");
            Assert.Equal("bc", await tx.GetStringAsync("blind"));
            tx.Delete("blind");
            Assert.Null(await tx.GetAsync("blind"));
            tx.Add("blind", -3);
            Assert.Equal("-3", await tx.GetStringAsync("blind"));
            tx.Add("five", 2);
            Assert.Equal("7", await tx.GetStringAsync("five"));
            tx.Append("absent", "x");
            Assert.Equal("x", await tx.GetStringAsync("absent"));
        });

        Assert.Equal(["absent", "five"], node.Seen<GetKeyRequest>().Select(g => g.Key).Order());
        Assert.Equal(["five", "absent"], Assert.Single(node.Seen<TransactionRequest>()).Conditions.Select(c => c.Key));
    }

    [Theory]
    [InlineData("abc", 1)]
    [InlineData("9223372036854775807", 1)]
    public async Task Reading_an_add_that_can_not_be_done_says_what_the_commit_would(string value, long amount)
    {
        await using var node = await NodeAsync();
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ByteString.CopyFromUtf8(value), Revision = 1 });
        await using var client = TestClient.Connect(node);

        await Assert.ThrowsAsync<TransactionAbortedException>(() => client.Transactions.RunAsync(tx =>
        {
            tx.Add("k", amount);
            return tx.GetAsync("k");
        }));
    }

    [Fact]
    public async Task A_body_that_only_reads_is_checked_by_conditions_alone()
    {
        await using var node = await NodeAsync();
        await using var client = TestClient.Connect(node);

        await client.Transactions.RunAsync(tx => Task.WhenAll(tx.GetAsync("five"), tx.GetAsync("absent")));

        var sent = Assert.Single(node.Seen<TransactionRequest>());
        Assert.Equal(2, sent.Conditions.Count);
        Assert.Empty(sent.Then);
        // Nobody needs its outcome, so that no row is needed either.
        Assert.Equal("", sent.TransactionId);
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

    private static async Task<FakeNode> NodeAsync() => (await FakeNode.StartAsync()).On<GetKeyRequest, KeyValue>(r =>
        r.Key is "absent" ? throw Refusal.Of(ErrorCode.NotFound) : new KeyValue { Key = r.Key, Value = Five, Revision = 4 });
}
