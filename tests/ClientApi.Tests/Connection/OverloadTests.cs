using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

/// <summary>Nodes that refuse because they have too much to do.</summary>
public sealed class OverloadTests
{
    private static readonly TimeSpan Hint = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task Who_is_refused_asks_the_same_node_again_until_it_has_room()
    {
        await using var owner = await FakeNode.StartAsync();
        await using var other = await FakeNode.StartAsync();
        foreach (var node in new[] { owner, other }) node.On<GetRingRequest, RingState>(_ => TestClient.RingOf(owner.Address));
        owner.On<PutKeyRequest, PutKeyResponse>(request => request.Attempt < 4 ? throw Overload(TimeSpan.FromMilliseconds(20)) : new PutKeyResponse { Revision = 9 });
        await using var client = TestClient.Connect(other, owner);

        Assert.Equal(new Revision(9), await client.Keys.PutAsync("k", "v"));

        // Others would pass it on to the same owner, and be in its way.
        Assert.Empty(other.Seen<PutKeyRequest>());
        Assert.Equal([1u, 2u, 3u, 4u], owner.Seen<PutKeyRequest>().Select(p => p.Attempt));
        // Whose picture of the owners is right need not ask for another.
        Assert.Single(owner.Seen<GetRingRequest>().Concat(other.Seen<GetRingRequest>()));
    }

    [Fact]
    public async Task Who_is_refused_to_the_end_hears_that_nothing_was_done()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(_ => throw Overload(TimeSpan.FromMilliseconds(100)));
        await using var client = TestClient.Connect(TestClient.SoonTired, node);

        await Assert.ThrowsAsync<UnavailableException>(() => client.Keys.PutAsync("k", "v"));

        // 3 s of patience, at least 100 ms each: no storm.
        Assert.InRange(node.Seen<PutKeyRequest>().Count, 1, 30);
    }

    [Fact]
    public async Task Callers_that_are_refused_together_come_back_one_by_one_after_the_hint()
    {
        const int callers = 64;
        await using var node = await FakeNode.StartAsync();
        var refused = new ConcurrentDictionary<string, long>();
        var waited = new ConcurrentBag<double>();
        node.On<PutKeyRequest, PutKeyResponse>(request =>
        {
            if (refused.TryAdd(request.RequestId, Stopwatch.GetTimestamp())) throw Overload(Hint);
            waited.Add(Stopwatch.GetElapsedTime(refused[request.RequestId]).TotalMilliseconds);
            return new PutKeyResponse { Revision = 1 };
        });
        await using var client = TestClient.Connect(node);
        await client.Keys.GetAsync("warm");

        // A machine that stands still while they wait lets them all come at once, but not every time.
        for (var (round, spread) = (0, 0.0); spread <= Hint.TotalMilliseconds / 2; round++)
        {
            waited.Clear();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(i => client.Keys.PutAsync($"k/{i}", "v")));
            Assert.Equal(callers, waited.Count);
            // None sooner than it was told; and spread over as much again: all at once would be the same wave once more.
            Assert.True(waited.Min() > Hint.TotalMilliseconds - 30, $"{waited.Min()}");
            spread = waited.Max() - waited.Min();
            Assert.True(round < 5, $"{waited.Min()} to {waited.Max()}");
        }
    }

    private static Grpc.Core.RpcException Overload(TimeSpan retryAfter) => Refusal.Of(ErrorCode.Unavailable, details: Refusal.Details("""{"reason":"overload"}"""), retryAfter: retryAfter);
}
