using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests;

/// <summary>The samples of the documentation, so that they go on compiling and running.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task The_sample_runs()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ByteString.CopyFromUtf8("5"), Revision = 4 });

        await using var client = AkkaHaClient.Connect(node.Address, TestClient.Patient with { Label = "worker-1" });

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

    [Fact]
    public async Task The_sample_of_lists_and_watches_runs()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<ListKeysRequest, ListKeysResponse>(r => new ListKeysResponse { Entries = { new KeyValue { Key = "workers/7", Value = ByteString.CopyFromUtf8("10.0.0.7"), Revision = 1 } } });
        node.OnWatch(async (r, events, context) =>
        {
            await events.WriteAsync(new WatchEvent { Position = "8" });
            if (r.From.Length > 0) await events.WriteAsync(new WatchEvent { Position = "9", Type = Messages.V1.KeyEventType.Expire, Key = "workers/7", Revision = 2 });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = AkkaHaClient.Connect(node.Address);
        using var stopping = new CancellationTokenSource(TestClient.Generous);

        await client.Keys.PutAsync("motd", "hello", new PutOptions { Ttl = TimeSpan.FromHours(1) });

        var session = await client.Sessions.GetOwnAsync();
        await client.Keys.PutAsync("workers/7", "10.0.0.7", new PutOptions { Session = session.Id });

        var from = await client.Keys.GetPositionAsync();
        var workers = new Dictionary<string, KeyEntry>();
        await foreach (var entry in client.Keys.ListAsync("workers/")) workers[entry.Key] = entry;

        await foreach (var e in client.Keys.WatchAsync("workers/", from, cancellationToken: stopping.Token))
        {
            if (workers.TryGetValue(e.Key, out var known) && e.Revision <= known.Revision) continue;
            if (e.Type == KeyEventType.Put) workers[e.Key] = new KeyEntry(e.Key, e.Value!.Value, e.Revision);
            else workers.Remove(e.Key);
            if (workers.Count == 0) break;
        }

        Assert.Empty(workers);
    }

    private static Task DoWorkAsync(CancellationToken cancel) => Task.Delay(1, cancel);
}
