using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests;

/// <summary>The sample of the documentation, so that it goes on compiling and running.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task The_sample_runs()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ByteString.CopyFromUtf8("5"), Revision = 4 });

        await using var client = AkkaHaClient.Connect(node.Address, new AkkaHaClientOptions { Label = "worker-1" });

        await using (var held = await client.Locks.AcquireAsync("orders/7", TimeSpan.FromSeconds(30)))
        {
            await DoWorkAsync(held.LostToken);
            await client.Keys.PutAsync("orders/7/state", "shipped", guard: held);
        }

        await using var maybe = await client.Locks.TryAcquireAsync("nightly");
        if (maybe is not null) Console.WriteLine($"fence {maybe.Fence}");

        var entry = await client.Keys.GetAsync("config");
        await client.Keys.PutAsync("config", "on", ifRevision: entry?.Revision ?? Revision.Absent);

        var left = await client.Transactions.RunAsync(async tx =>
        {
            var balance = long.Parse(await tx.GetStringAsync("alice") ?? "0");
            if (balance < 5) throw new InvalidOperationException("not enough");
            tx.Put("alice", $"{balance - 5}");
            tx.Add("bob", 5);
            return balance - 5;
        });

        Assert.Equal(0, left);
        Assert.Single(node.Seen<TransactionRequest>());
    }

    private static Task DoWorkAsync(CancellationToken cancel) => Task.Delay(1, cancel);
}
