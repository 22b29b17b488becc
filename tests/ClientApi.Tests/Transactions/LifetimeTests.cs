using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Transactions;

/// <summary>Puts with a time to live or a session in transactions, and the list of those that are not settled.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task A_put_carries_its_lifetime_and_its_session_becomes_a_condition_once()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var own = await client.Sessions.GetOwnAsync();

        await client.Transactions.RunAsync(async tx =>
        {
            await tx.GetAsync("seen");
            tx.Put("a", "1", ttl: TimeSpan.FromSeconds(60));
            tx.Put("b", "2", session: own.Id);
            tx.Put("c", "3", TimeSpan.FromSeconds(1), own.Id);
            Assert.Equal("2", await tx.GetStringAsync("b"));
        });

        var sent = Assert.Single(node.Seen<TransactionRequest>());
        Assert.Equal([new Condition { Session = own.Id.Text }, new Condition { Key = "seen", Absent = true }], sent.Conditions);
        Assert.Equal((60, false), (sent.Then[0].Put.TtlSeconds, sent.Then[0].Put.HasSessionId));
        Assert.Equal((own.Id.Text, false), (sent.Then[1].Put.SessionId, sent.Then[1].Put.HasTtlSeconds));
        Assert.Equal((own.Id.Text, 1), (sent.Then[2].Put.SessionId, sent.Then[2].Put.TtlSeconds));
    }

    [Fact]
    public async Task A_session_that_has_ended_is_said_so_and_the_body_is_not_run_again()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r, 0));
        await using var client = TestClient.Connect(node);
        var own = await client.Sessions.GetOwnAsync();
        var runs = 0;

        var ended = await Assert.ThrowsAsync<SessionExpiredException>(() => client.Transactions.RunAsync(tx =>
        {
            runs++;
            tx.Put("k", "v", session: own.Id);
            return Task.CompletedTask;
        }));

        Assert.Equal(1, runs);
        Assert.Contains(own.Id.Text, ended.Message, StringComparison.Ordinal);
        Assert.True(own.IsLost);
    }

    [Fact]
    public async Task A_lost_lock_is_still_told_from_an_ended_session_and_from_a_changed_key()
    {
        await using var node = await FakeNode.StartAsync();
        var failing = 0;
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r, failing));
        await using var client = TestClient.Connect(TestClient.Patient with { TransactionTries = 1 }, node);
        await using var held = await client.Locks.AcquireAsync("l");
        var own = await client.Sessions.GetOwnAsync();
        Func<Transaction, Task> body = async tx =>
        {
            tx.RequireLock(held);
            await tx.GetAsync("seen");
            tx.Put("k", "v", session: own.Id);
        };

        failing = 2;
        Assert.Contains("'seen'", (await Assert.ThrowsAsync<TransactionConflictException>(() => client.Transactions.RunAsync(body))).Message, StringComparison.Ordinal);
        Assert.False(held.IsLost || own.IsLost);
        failing = 1;
        await Assert.ThrowsAsync<SessionExpiredException>(() => client.Transactions.RunAsync(body));
        failing = 0;
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Transactions.RunAsync(body));
    }

    [Fact]
    public async Task In_one_message_the_sessions_of_puts_come_after_the_conditions_that_were_given()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var own = await client.Sessions.GetOwnAsync();

        await client.Transactions.SubmitAsync(new TransactionBuilder().Then(t => t.Put("k", "v", session: own.Id)).IfAbsent("x"));
        await client.Transactions.SubmitAsync(new TransactionBuilder().IfAlive(own.Id).Then(t => t.Put("k", "v", session: own.Id)));

        var sent = node.Seen<TransactionRequest>();
        Assert.Equal([new Condition { Key = "x", Absent = true }, new Condition { Session = own.Id.Text }], sent[0].Conditions);
        Assert.Equal([new Condition { Session = own.Id.Text }], sent[1].Conditions);
    }

    [Fact]
    public async Task What_is_not_settled_can_be_listed()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<ListTransactionsRequest, ListTransactionsResponse>(r => new ListTransactionsResponse
        {
            Transactions =
            {
                new Messages.V1.OpenTransaction
                {
                    TransactionId = "t", Outcome = TransactionStatus.Types.Outcome.InProgress, AgeSeconds = 7.5, Attempt = 2, Participants = { "kv/a", "lock/l" }, WaitingFor = { "lock/l" },
                },
            },
            More = true,
        });
        await using var client = TestClient.Connect(node);

        var open = await client.Transactions.ListOpenAsync(1);

        Assert.True(open.More);
        var one = Assert.Single(open.Transactions);
        Assert.Equal(("t", TransactionOutcome.InProgress, TimeSpan.FromSeconds(7.5), 2), (one.Id.Text, one.Outcome, one.Age, one.Attempt));
        Assert.Equal(["kv/a", "lock/l"], one.Participants);
        Assert.Equal(["lock/l"], one.WaitingFor);
        Assert.Equal(1, Assert.Single(node.Seen<ListTransactionsRequest>()).Limit);
    }
}
