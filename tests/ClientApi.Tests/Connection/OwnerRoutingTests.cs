using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

public sealed class OwnerRoutingTests
{
    [Fact]
    public async Task Calls_go_straight_to_the_owner()
    {
        await using var given = await FakeNode.StartAsync();
        await using var owner = await FakeNode.StartAsync();
        given.On<GetRingRequest, RingState>(_ => TestClient.RingOf(owner.Address));
        await using var client = TestClient.Connect(given);

        await client.Keys.PutAsync("k", "v");
        await client.Keys.GetAsync("k");
        await using var held = await client.Locks.AcquireAsync("l");
        await client.Transactions.SubmitAsync(new TransactionBuilder().Then(t => t.Put("k", "w")));

        Assert.Single(owner.Seen<PutKeyRequest>());
        Assert.Single(owner.Seen<GetKeyRequest>());
        Assert.Single(owner.Seen<CreateSessionRequest>());
        Assert.Single(owner.Seen<AcquireLockRequest>());
        Assert.Single(owner.Seen<TransactionRequest>());
        Assert.Empty(given.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task A_shard_that_has_moved_in_peace_is_soon_asked_for_at_its_new_owner()
    {
        await using var before = await FakeNode.StartAsync();
        await using var after = await FakeNode.StartAsync();
        before.RingVersion = after.RingVersion = 1;
        before.On<GetRingRequest, RingState>(_ =>
        {
            var ring = TestClient.RingOf(before.RingVersion == 1 ? before.Address : after.Address);
            ring.Shards[0].Epoch = before.RingVersion.Value;
            return ring;
        });
        await using var client = TestClient.Connect(before);
        for (var i = 0; i < 3; i++) await client.Keys.GetAsync("k");
        await Task.Delay(300);
        await client.Keys.GetAsync("k");
        Assert.Single(before.Seen<GetRingRequest>());

        before.RingVersion = after.RingVersion = 2;
        for (var i = 0; i < 600 && after.Seen<GetKeyRequest>().Count == 0; i++)
        {
            await client.Keys.GetAsync("k");
            await Task.Delay(50);
        }

        Assert.Equal(2, before.Seen<GetRingRequest>().Count);
        Assert.NotEmpty(after.Seen<GetKeyRequest>());
    }

    /// <summary>The hash of its id says who coordinates a transaction, and the client makes the id.</summary>
    [Fact]
    public async Task A_transaction_is_coordinated_by_the_owner_of_its_first_key()
    {
        await using var even = await FakeNode.StartAsync();
        await using var odd = await FakeNode.StartAsync();
        var map = ShareOut(even, odd);
        await using var client = TestClient.Connect(even);

        for (var i = 0; i < 20; i++) await client.Transactions.SubmitAsync(new TransactionBuilder().IfAbsent($"c{i}").Then(t => t.Put($"k{i}", "w").Put("other", "w")));

        Assert.Equal(20, even.Seen<TransactionRequest>().Count + odd.Seen<TransactionRequest>().Count);
        foreach (var (node, which) in new[] { (even, 0), (odd, 1) })
        {
            Assert.NotEmpty(node.Seen<TransactionRequest>());
            Assert.All(node.Seen<TransactionRequest>(), t => Assert.Equal(which, map.ShardOf(EntityId.Key(t.Then[0].Put.Key)) % 2));
            Assert.All(node.Seen<TransactionRequest>(), t => Assert.Equal(which, map.ShardOf(map.TransactionSlotOf(t.TransactionId)) % 2));
        }
    }

    [Fact]
    public async Task Each_key_goes_to_the_owner_of_its_shard()
    {
        await using var even = await FakeNode.StartAsync();
        await using var odd = await FakeNode.StartAsync();
        var map = ShareOut(even, odd);
        await using var client = TestClient.Connect(even);

        for (var i = 0; i < 40; i++) await client.Keys.PutAsync($"k{i}", "v");

        Assert.NotEmpty(even.Seen<PutKeyRequest>());
        Assert.NotEmpty(odd.Seen<PutKeyRequest>());
        Assert.All(even.Seen<PutKeyRequest>(), p => Assert.Equal(0, map.ShardOf(EntityId.Key(p.Key)) % 2));
        Assert.All(odd.Seen<PutKeyRequest>(), p => Assert.Equal(1, map.ShardOf(EntityId.Key(p.Key)) % 2));
    }

    [Fact]
    public async Task An_owner_that_refuses_connections_costs_nothing_but_the_hop()
    {
        await using var given = await FakeNode.StartAsync();
        given.On<GetRingRequest, RingState>(_ => TestClient.RingOf(RetryTests.Nobody));
        await using var client = TestClient.Connect(given);

        await client.Keys.PutAsync("k", "v");

        Assert.Single(given.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task An_owner_that_swallows_connections_is_left_for_the_given_endpoints_after_300_ms()
    {
        using var hole = new BlackHole();
        await using var given = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(given);
        await client.Keys.GetAsync("warm");
        given.On<GetRingRequest, RingState>(_ => TestClient.RingOf(hole.Address));
        await using var fresh = TestClient.Connect(new AkkaHaClientOptions { AttemptTimeout = TestClient.Patient.AttemptTimeout }, given);
        var clock = Stopwatch.StartNew();

        await fresh.Keys.PutAsync("k", "v");

        // Far below what an attempt may take.
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
        Assert.Single(given.Seen<PutKeyRequest>());
        // The quickest of ten: one that waits for the dead owner again takes 300 ms, on any machine.
        var quickest = TimeSpan.MaxValue;
        for (var i = 0; i < 10 && quickest >= TimeSpan.FromMilliseconds(250); i++)
        {
            clock.Restart();
            await fresh.Keys.PutAsync("k2", "v");
            if (clock.Elapsed < quickest) quickest = clock.Elapsed;
        }
        Assert.True(quickest < TimeSpan.FromMilliseconds(250), $"the calls after it waited for the dead owner again: {quickest}");
    }

    [Fact]
    public async Task A_node_that_does_not_answer_for_the_ring_is_avoided_for_a_while()
    {
        await using var answers = await FakeNode.StartAsync();
        await using var silent = (await FakeNode.StartAsync()).StallOn<GetRingRequest>();
        var options = new AkkaHaClientOptions { Endpoints = $"{answers.Address},{silent.Address}", ConnectTimeout = TestClient.Generous, TimeProvider = new FakeTimeProvider() };
        using var pool = new EndpointPool(options);
        var ring = new OwnerRing(pool, new ServerClock(options.TimeProvider), options, CancellationToken.None);

        var first = ring.CurrentAsync(CancellationToken.None).AsTask();
        await TestClient.Until(() => silent.Seen<GetRingRequest>().Count == 1);
        ((FakeTimeProvider)options.TimeProvider).Advance(TestClient.Generous + TimeSpan.FromSeconds(1));
        await TestClient.Until(() => answers.Seen<GetRingRequest>().Count == 1);
        await first;

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(answers.Address, pool.Choose(owner: null, last: null).Address));
    }

    [Fact]
    public async Task After_a_failure_the_ring_is_fetched_again_and_the_new_owner_found()
    {
        await using var given = await FakeNode.StartAsync();
        await using var before = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.Unavailable);
        await using var after = await FakeNode.StartAsync();
        var owner = before.Address;
        given.On<GetRingRequest, RingState>(_ => TestClient.RingOf(owner));
        await using var client = TestClient.Connect(given);
        await client.Keys.GetAsync("warm");
        owner = after.Address;

        for (var i = 0; i < 2000 && after.Seen<PutKeyRequest>().Count == 0; i++)
        {
            await client.Keys.PutAsync("k", "v");
            await Task.Delay(10);
        }

        Assert.NotEmpty(after.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task The_ring_is_fetched_again_when_it_has_grown_old()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        node.On<GetRingRequest, RingState>(_ => TestClient.RingOf(node.Address));
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = time }, node);
        await client.Keys.GetAsync("k");
        time.Advance(TimeSpan.FromSeconds(29));
        await client.Keys.GetAsync("k");
        Assert.Single(node.Seen<GetRingRequest>());

        time.Advance(TimeSpan.FromSeconds(2));
        await client.Keys.GetAsync("k");

        await TestClient.Until(() => node.Seen<GetRingRequest>().Count == 2);
    }

    [Fact]
    public async Task The_ring_is_not_asked_for_more_often_than_four_times_a_second()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<GetKeyRequest>(ErrorCode.Unavailable);
        await using var client = TestClient.Connect(TestClient.Impatient, node);
        var clock = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Assert.ThrowsAsync<UnavailableException>(() => client.Keys.GetAsync($"k{i}"))));

        Assert.InRange(node.Seen<GetRingRequest>().Count, 1, (int)(clock.Elapsed.TotalSeconds * 4) + 2);
    }

    [Fact]
    public async Task Without_a_ring_calls_go_round_the_given_endpoints()
    {
        await using var a = await FakeNode.StartAsync();
        await using var b = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(a, b);

        for (var i = 0; i < 10; i++) await client.Keys.PutAsync($"k{i}", "v");

        Assert.Equal(5, a.Seen<PutKeyRequest>().Count);
        Assert.Equal(5, b.Seen<PutKeyRequest>().Count);
    }

    [Fact]
    public async Task A_shard_that_nobody_owns_is_asked_for_at_the_given_endpoints()
    {
        await using var given = await FakeNode.StartAsync();
        await using var last = await FakeNode.StartAsync();
        var ring = TestClient.RingOf(last.Address);
        foreach (var shard in ring.Shards) shard.Allocated = false;
        given.On<GetRingRequest, RingState>(_ => ring);
        await using var client = TestClient.Connect(given);

        await client.Keys.PutAsync("k", "v");

        Assert.Single(given.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task When_all_given_endpoints_are_gone_the_nodes_of_the_ring_are_asked()
    {
        var given = await FakeNode.StartAsync();
        await using var a = await FakeNode.StartAsync();
        await using var b = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.Unavailable);
        var ring = TestClient.RingOf(b.Address);
        ring.Shards[0].Grpc = a.Address;
        given.On<GetRingRequest, RingState>(_ => ring);
        await using var client = TestClient.Connect(given);
        await client.Keys.GetAsync("warm");
        await given.DisposeAsync();

        for (var i = 0; i < 5; i++) await client.Keys.PutAsync($"k{i}", "v");

        Assert.Equal(5, a.Seen<PutKeyRequest>().Select(p => p.Key).Distinct().Count());
    }

    /// <summary>Shards with an even number belong to the one, the others to the other.</summary>
    private static ShardMap ShareOut(FakeNode even, FakeNode odd)
    {
        var ring = TestClient.RingOf(even.Address);
        foreach (var shard in ring.Shards.Where(s => int.Parse(s.Shard) % 2 == 1)) shard.Grpc = odd.Address;
        even.On<GetRingRequest, RingState>(_ => ring);
        return new ShardMap(ring.ShardCount);
    }

    /// <summary>A port whose backlog is full: the kernel drops what tries to connect.</summary>
    private sealed class BlackHole : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _fill = [];

        public BlackHole()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
            for (var i = 0; i < 8; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _fill.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException)
                {
                    // In progress: that is the point.
                }
            }
            Thread.Sleep(50);
        }

        public string Address => $"http://{_listener.LocalEndPoint}";

        public void Dispose()
        {
            foreach (var socket in _fill) socket.Dispose();
            _listener.Dispose();
        }
    }
}
