using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static AkkaHa.ClientApi.Tests.Transactions.RunTests;

namespace AkkaHa.ClientApi.Tests.Transactions;

/// <summary>What a body reads is the same each time, has its own writes in it, and is a condition of the commit.</summary>
public sealed class ReadTests
{
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

    /// <summary>Without an id each attempt would begin anew, and might never get through among writers.</summary>
    [Fact]
    public async Task A_transaction_that_only_reads_is_repeated_under_its_id_when_it_was_not_answered_and_without_when_it_was_refused()
    {
        await using var node = await NodeAsync();
        var calls = 0;
        node.On<TransactionRequest, Messages.V1.TransactionResult>(async (r, context) =>
        {
            switch (Interlocked.Increment(ref calls))
            {
                case 1: throw Refusal.Of(ErrorCode.Unavailable);
                case 2 or 3:
                    await node.StallAsync(context);
                    break;
            }
            return FakeTransactions.Committed(r);
        });
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var client = TestClient.Connect(TestClient.Patient with { AttemptTimeout = TimeSpan.FromMilliseconds(500), TimeProvider = time }, node);
        var reading = client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Get("a").Get("b")));
        // The first must be refused in its time, however slow the machine is.
        await time.PassUntil(() => node.Seen<TransactionRequest>().Count >= 2, stepMs: 2);
        await time.PassUntil(() => reading.IsCompleted);
        await reading;

        var ids = node.Seen<TransactionRequest>().Select(r => r.TransactionId).ToArray();
        Assert.Equal(["", ""], ids[..2]);
        Assert.NotEqual("", ids[2]);
        Assert.All(ids[2..], id => Assert.Equal(ids[2], id));
    }

    [Fact]
    public async Task Reads_that_are_never_answered_have_changed_nothing()
    {
        await using var node = (await NodeAsync()).HangUpOn<TransactionRequest>();
        await using var client = TestClient.Connect(TestClient.Impatient with { TransactionDeadline = TimeSpan.FromMilliseconds(200), TransactionTries = 1 }, node);
        await Assert.ThrowsAsync<UnavailableException>(() => client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Get("a").Get("b"))));
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
}
