using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Elections;

public sealed class ElectionTests
{
    private const string Key = "elections/e";

    [Theory]
    [InlineData(ErrorCode.TxnConflict, """{}""")]
    [InlineData(ErrorCode.TxnAborted, """{"reason":"deadline"}""")]
    public async Task A_first_proclamation_that_others_are_in_the_way_of_is_made_again_under_the_same_lock(ErrorCode code, string details)
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(r => node.Seen<PutKeyRequest>().Count < 3 ? throw Refusal.Of(code, details: Refusal.Details(details)) : new PutKeyResponse { Key = r.Key, Revision = 1 });
        await using var client = TestClient.Connect(node);

        await using var leadership = await client.Elections.CampaignAsync("e", "x");

        Assert.Single(node.Seen<AcquireLockRequest>());
        Assert.Equal(3, node.Seen<PutKeyRequest>().Count);
        Assert.Empty(node.Seen<ReleaseLockRequest>());
    }

    [Fact]
    public async Task A_first_proclamation_that_somebody_resolved_away_resigns_and_says_so()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(_ => throw Refusal.Of(ErrorCode.TxnAborted, details: Refusal.Details("""{"reason":"resolved"}""")));
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<TransactionAbortedException>(() => client.Elections.CampaignAsync("e", "x"));
        Assert.Single(await node.SeenAsync<ReleaseLockRequest>(1));
    }

    [Fact]
    public async Task Whoever_was_deposed_takes_away_what_it_proclaimed_last_and_nothing_else()
    {
        await using var node = await FakeNode.StartAsync();
        var revision = 6;
        node.On<PutKeyRequest, PutKeyResponse>(r => new PutKeyResponse { Key = r.Key, Revision = ++revision });
        await using var client = TestClient.Connect(node);
        var leadership = await client.Elections.CampaignAsync("e", "x");
        await leadership.ProclaimAsync("y");
        node.Refuse<PutKeyRequest>(ErrorCode.FenceStale);
        await Assert.ThrowsAsync<FenceStaleException>(() => leadership.ProclaimAsync("z"));
        Assert.True(leadership.IsLost);

        await leadership.DisposeAsync();

        var deleted = Assert.Single(await node.SeenAsync<DeleteKeyRequest>(1));
        Assert.Equal((Key, 8L), (deleted.Key, deleted.IfRevision));
    }

    /// <summary>The revision is not the one that it knows: by the fence in the value it sees whose that is.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_proclamation_whose_answer_was_lost_is_taken_away_and_that_of_the_next_leader_is_not(long later, bool deletes)
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var leadership = await client.Elections.CampaignAsync("e", "x");
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ValueOf(leadership.Fence + later), Revision = 9 });
        node.On<DeleteKeyRequest, DeleteKeyResponse>(r => r.IfRevision == 9 ? new DeleteKeyResponse { Key = r.Key, Deleted = true, Revision = 10 } : throw Refusal.Of(ErrorCode.RevisionMismatch));

        await leadership.DisposeAsync();

        Assert.Equal(deletes ? [1L, 9L] : [1L], (await node.SeenAsync<DeleteKeyRequest>(deletes ? 2 : 1)).Select(d => d.IfRevision));
        Assert.Single(await node.SeenAsync<ReleaseLockRequest>(1));
    }

    /// <summary>Until the lock is given back it may still come; after that it can't.</summary>
    [Fact]
    public async Task A_proclamation_in_doubt_that_comes_after_the_first_look_is_taken_away_too()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(TestClient.SoonTired, node);
        PutKeyRequest? proclaimed = null;
        node.On<PutKeyRequest, PutKeyResponse>(async (r, context) =>
        {
            Volatile.Write(ref proclaimed, r);
            await node.StallAsync(context);
            return new PutKeyResponse();
        });
        var released = false;
        node.On<ReleaseLockRequest, ReleaseLockResponse>(r =>
        {
            Volatile.Write(ref released, true);
            return new ReleaseLockResponse { Fence = r.Fence };
        });
        node.On<GetKeyRequest, KeyValue>(r => Volatile.Read(ref released)
            ? new KeyValue { Key = r.Key, Value = Volatile.Read(ref proclaimed)!.Value, Revision = 3 }
            : throw Refusal.Of(ErrorCode.NotFound));
        using var cancel = new CancellationTokenSource();
        var campaign = client.Elections.CampaignAsync("e", "x", cancellationToken: cancel.Token);
        await TestClient.Until(() => Volatile.Read(ref proclaimed) is not null);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => campaign);

        Assert.Equal(3, Assert.Single(await node.SeenAsync<DeleteKeyRequest>(1)).IfRevision);
    }

    [Fact]
    public async Task A_value_that_can_not_be_taken_away_now_is_taken_away_later_since_the_session_lives_on()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<DeleteKeyRequest>(ErrorCode.Unavailable);
        await using var client = TestClient.Connect(TestClient.SoonTired, node);
        var leadership = await client.Elections.CampaignAsync("e", "x");

        await leadership.DisposeAsync().AsTask().WaitAsync(TestClient.Generous);
        Assert.Single(await node.SeenAsync<ReleaseLockRequest>(1));
        await Task.Delay(TestClient.SoonTired.GiveUpAfter + TimeSpan.FromMilliseconds(500));
        var before = node.Seen<DeleteKeyRequest>().Count;

        await TestClient.Until(() => node.Seen<DeleteKeyRequest>().Count > before);
    }

    [Fact]
    public async Task Who_leads_is_not_told_as_a_transaction_that_failed()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ValueOf(5), Revision = 3 });
        node.Refuse<TransactionRequest>(ErrorCode.TxnConflict);
        await using var client = TestClient.Connect(TestClient.Impatient with { TransactionTries = 1 }, node);
        var asking = client.Elections.GetLeaderAsync("e");
        await Assert.ThrowsAsync<UnavailableException>(() => asking);

        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => FakeTransactions.Committed(r));
        Assert.Equal(new Fence(5), (await client.Elections.GetLeaderAsync("e"))!.Fence);
    }

    [Fact]
    public async Task Observers_see_that_a_leader_whose_value_stays_does_not_hold_the_lock_any_more()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        var isHeld = true;
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ValueOf(5), Revision = 3 });
        node.On<GetLockRequest, Messages.V1.LockState>(r => Volatile.Read(ref isHeld) ? new Messages.V1.LockState { Name = r.Name, Holders = { new Messages.V1.LockHolder { Fence = 5 } } } : new Messages.V1.LockState { Name = r.Name });
        node.On<TransactionRequest, Messages.V1.TransactionResult>(r => Volatile.Read(ref isHeld) ? FakeTransactions.Committed(r) : FakeTransactions.Committed(r, 1));
        var goOn = new TaskCompletionSource();
        node.OnWatch(async (request, events, context) =>
        {
            await events.WriteAsync(new WatchEvent { Position = "1" });
            if (request.From.Length == 0) await node.StallAsync(context);
            await goOn.Task;
            // What was told already, and then the next.
            await events.WriteAsync(new WatchEvent { Position = "2", Key = Key, Type = Messages.V1.KeyEventType.Delete, Revision = 4 });
            await events.WriteAsync(new WatchEvent { Position = "3", Key = Key, Type = Messages.V1.KeyEventType.Put, Value = ValueOf(6), Revision = 5 });
            await node.StallAsync(context);
        });
        await using var client = TestClient.Connect(TestClient.Patient with { TimeProvider = time }, node);
        using var enough = new CancellationTokenSource();
        var seen = new List<long?>();
        var observing = Task.Run(async () =>
        {
            await foreach (var leader in client.Elections.ObserveAsync("e", enough.Token))
            {
                lock (seen) seen.Add(leader?.Fence.Value);
                if (leader?.Fence == 6) break;
            }
        });
        await time.PassUntil(() => seen.Count == 1);
        await time.PassUntil(() => node.Seen<GetLockRequest>().Count >= 3);
        lock (seen) Assert.Equal([5L], seen);
        Volatile.Write(ref isHeld, false);
        await time.PassUntil(() => seen.Count == 2);
        goOn.SetResult();
        await time.PassUntil(() => observing.IsCompleted);

        await observing;
        Assert.Equal([5L, null, 6L], seen);
    }

    private static Google.Protobuf.ByteString ValueOf(long fence) => Google.Protobuf.ByteString.CopyFrom(Leader.Encode(new Fence(fence), "x"u8));
}
