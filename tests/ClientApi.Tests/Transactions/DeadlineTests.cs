using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Transactions;

/// <summary>While the servers work on it within the time that it gave them, a client does not say that it does not know.</summary>
public sealed class DeadlineTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task A_transaction_is_not_given_up_before_its_deadline_however_little_patience_the_client_has()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<TransactionRequest>();
        await using var client = TestClient.Connect(
            new AkkaHaClientOptions { TimeProvider = _time, GiveUpAfter = TimeSpan.FromSeconds(5), AttemptTimeout = TimeSpan.FromSeconds(2), TransactionDeadline = TimeSpan.FromSeconds(20) }, node);
        var begun = _time.GetUtcNow();
        var running = client.Transactions.RunAsync(tx =>
        {
            tx.Add("n", 1);
            return Task.CompletedTask;
        });

        await _time.PassTo(begun, 20);
        Assert.False(running.IsCompleted);
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r));
        await _time.PassUntil(() => running.IsCompleted);

        await running;
    }
}
