using System.Diagnostics;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;

namespace AkkaHa.ClientApi.Tests.Fakes;

/// <summary>Clients and waiting, with bounds generous enough for a busy machine.</summary>
internal static class TestClient
{
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    /// <summary>Gives up quickly where a test wants to see that.</summary>
    public static AkkaHaClientOptions Impatient => new() { GiveUpAfter = TimeSpan.FromSeconds(3), AttemptTimeout = TimeSpan.FromMilliseconds(400), CloseTimeout = TimeSpan.FromMilliseconds(200) };

    /// <summary>Gives up as quickly, but waits for each answer, however slow the machine is.</summary>
    public static AkkaHaClientOptions SoonTired => Patient with { GiveUpAfter = TimeSpan.FromSeconds(3), CloseTimeout = TimeSpan.FromMilliseconds(200) };

    public static AkkaHaClient Connect(AkkaHaClientOptions? options, params FakeNode[] nodes) =>
        AkkaHaClient.Connect(string.Join(",", nodes.Select(n => n.Address)), options);

    /// <summary>Where timeouts are not the point: a busy machine must not run into one.</summary>
    public static AkkaHaClientOptions Patient => new() { ConnectTimeout = TimeSpan.FromSeconds(20), AttemptTimeout = TimeSpan.FromSeconds(20) };

    public static AkkaHaClient Connect(params FakeNode[] nodes) => Connect(Patient, nodes);

    /// <summary>A ring in which one node owns everything.</summary>
    public static RingState RingOf(string address, int shards = 16)
    {
        var ring = new RingState { ShardCount = shards };
        for (var i = 0; i < shards; i++) ring.Shards.Add(new Messages.V1.ShardOwner { Shard = $"{i}", Grpc = address, Allocated = true });
        return ring;
    }

    public static async Task Until(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Generous) throw new TimeoutException("the condition did not come true");
            await Task.Delay(10);
        }
    }

    /// <summary>What the node was sent, once it is so much: what is given back goes on beside its caller where that takes long.</summary>
    public static async Task<IReadOnlyList<TRequest>> SeenAsync<TRequest>(this FakeNode node, int count)
        where TRequest : class
    {
        await Until(() => node.Seen<TRequest>().Count >= count);
        return node.Seen<TRequest>();
    }

    /// <summary>Lets fake time pass up to so long after <paramref name="from"/>, in small steps.</summary>
    public static Task PassTo(this FakeTimeProvider time, DateTimeOffset from, double seconds) =>
        time.PassUntil(() => time.GetUtcNow() >= from.AddSeconds(seconds));

    /// <summary>Lets fake time pass in small steps, with real pauses in which calls are answered, until the condition is true.</summary>
    public static async Task PassUntil(this FakeTimeProvider time, Func<bool> condition, int stepMs = 40)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Generous) throw new TimeoutException("the condition did not come true");
            time.Advance(TimeSpan.FromMilliseconds(stepMs));
            await Task.Delay(10);
        }
    }
}
