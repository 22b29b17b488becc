using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Transactions;

public sealed class OpenTransactionTests
{
    [Fact]
    public async Task A_commit_sends_it_once_and_ends_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var tx = await client.Transactions.BeginAsync();
        tx.Put("k", "v");

        var result = await tx.CommitAsync();
        await tx.DisposeAsync();

        Assert.Equal(tx.Id, result.Id);
        Assert.Single(node.Seen<TransactionRequest>());
        Assert.Throws<InvalidOperationException>(() => tx.Put("k", "late"));
    }

    [Fact]
    public async Task A_rollback_sends_nothing()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var tx = await client.Transactions.BeginAsync();
        tx.Put("k", "v");

        await tx.RollbackAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => tx.CommitAsync());
        Assert.Empty(node.Seen<TransactionRequest>());
    }

    [Fact]
    public async Task An_exception_before_the_commit_leaves_nothing_behind()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await Assert.ThrowsAsync<DivideByZeroException>(async () =>
        {
            await using var tx = await client.Transactions.BeginAsync();
            tx.Put("k", "v");
            throw new DivideByZeroException();
        });

        Assert.Empty(node.Seen<TransactionRequest>());
    }

    [Fact]
    public async Task A_commit_of_unknown_outcome_may_be_sent_again_as_the_same_transaction()
    {
        await using var node = (await FakeNode.StartAsync()).HangUpOn<TransactionRequest>();
        await using var client = TestClient.Connect(TestClient.Impatient, node);
        await using var tx = await client.Transactions.BeginAsync();
        tx.Add("n", 1);
        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(() => tx.CommitAsync());
        Assert.Throws<InvalidOperationException>(() => tx.Add("n", 1));
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r));

        await tx.CommitAsync();

        Assert.Equal(tx.Id.Text, unknown.RequestId);
        Assert.Single(node.Seen<TransactionRequest>().Select(r => new TransactionRequest(r) { Attempt = 0 }).Distinct());
    }

    [Fact]
    public async Task A_transaction_in_one_message_is_sent_as_it_was_built_and_both_branches_are_results()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => new Messages.V1.TransactionResult
        {
            TransactionId = r.TransactionId,
            Outcome = TransactionStatus.Types.Outcome.Committed,
            ConditionsHeld = false,
            ConditionResults = { true, false },
            Results = { new Messages.V1.OperationResult { Key = "k", Revision = 5, Value = ByteString.CopyFromUtf8("v") }, new Messages.V1.OperationResult { Key = "z" } },
        });
        await using var client = TestClient.Connect(node);
        var id = await client.Transactions.NewIdAsync();

        var result = await client.Transactions.SubmitAsync(
            new TransactionBuilder()
                .IfRevision("a", new Revision(4)).IfRevision("b", Revision.Absent).IfValue("c", "on").IfHeld("l", new Fence(17)).IfAlive(SessionId.Create(3, Guid.Empty))
                .Then(t => t.Put("k", "v").Add("n", 5))
                .Else(t => t.Get("k").Delete("z").Append("log", "y")),
            id);

        var sent = Assert.Single(node.Seen<TransactionRequest>());
        Assert.Equal(id.Text, sent.TransactionId);
        Assert.Equal(
            [
                new Condition { Key = "a", Revision = 4 },
                new Condition { Key = "b", Absent = true },
                new Condition { Key = "c", Value = ByteString.CopyFromUtf8("on") },
                new Condition { Lock = "l", Fence = 17 },
                new Condition { Session = "3-00000000-0000-0000-0000-000000000000" },
            ],
            sent.Conditions);
        Assert.Equal((2, 3), (sent.Then.Count, sent.Else.Count));
        Assert.False(result.ConditionsHeld);
        Assert.Equal([true, false], result.ConditionResults);
        Assert.Equal("v"u8.ToArray(), result.Results[0].Value!.Value.ToArray());
        Assert.Null(result.Results[1].Value);
    }

    [Fact]
    public async Task A_transaction_beyond_the_limit_is_not_sent()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var tooLarge = new TransactionBuilder().Then(t =>
        {
            for (var i = 0; i < 5; i++) t.Put($"k{i}", new byte[Limits.ValueBytes]);
        });
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Transactions.SubmitAsync(tooLarge));
        Assert.Empty(node.Seen<TransactionRequest>());
    }

    [Theory]
    [InlineData(TransactionStatus.Types.Outcome.Committed, TransactionOutcome.Committed)]
    [InlineData(TransactionStatus.Types.Outcome.Aborted, TransactionOutcome.Aborted)]
    [InlineData(TransactionStatus.Types.Outcome.InProgress, TransactionOutcome.InProgress)]
    [InlineData(TransactionStatus.Types.Outcome.Unknown, TransactionOutcome.Unknown)]
    [InlineData((TransactionStatus.Types.Outcome)77, TransactionOutcome.Unknown)]
    public async Task The_outcome_can_be_asked_for(TransactionStatus.Types.Outcome said, TransactionOutcome expected)
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetTransactionRequest, TransactionStatus>(r => new TransactionStatus { TransactionId = r.TransactionId, Outcome = said });
        await using var client = TestClient.Connect(node);
        Assert.Equal(expected, await client.Transactions.GetOutcomeAsync(new TransactionId("t")));
    }

    [Fact]
    public async Task Resolving_makes_the_outcome_certain()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        Assert.Equal(TransactionOutcome.Aborted, await client.Transactions.ResolveAsync(new TransactionId("t")));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Transactions.ResolveAsync(default));
    }
}
