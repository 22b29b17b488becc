using AkkaHa.ClientApi.Errors;

namespace AkkaHa.ClientApi;

/// <summary>Barriers, latches and counters: small things made of keys, transactions and watches. Nothing is sent until one of them is used.</summary>
public sealed class CoordinationClient
{
    private readonly AkkaHaClient _client;

    internal CoordinationClient(AkkaHaClient client) => _client = client;

    /// <summary>A barrier: as many as there are parties wait for one another, round after round.</summary>
    /// <param name="name">1 to 500 UTF-8 bytes; <c>/</c> separates segments. Its state is the key <c>barriers/NAME</c>.</param>
    /// <param name="parties">How many, 1 to 100; the same for all of them.</param>
    /// <exception cref="InvalidArgumentException">A bad name or number.</exception>
    public ClusterBarrier Barrier(string name, int parties)
    {
        if (parties is < 1 or > ClusterBarrier.MostParties) throw new InvalidArgumentException($"parties is {parties}; it must be 1 to {ClusterBarrier.MostParties}");
        return new ClusterBarrier(_client, Key("barriers/", name), name, parties);
    }

    /// <summary>A latch: opens for all who wait when it was counted down so often.</summary>
    /// <param name="name">1 to 500 UTF-8 bytes; <c>/</c> separates segments. Its state is the key <c>latches/NAME</c>.</param>
    /// <param name="count">How often, 1 or more. What the first who counts down says holds until <see cref="ClusterLatch.ResetAsync"/>.</param>
    /// <exception cref="InvalidArgumentException">A bad name or number.</exception>
    public ClusterLatch CountDownLatch(string name, int count)
    {
        if (count < 1) throw new InvalidArgumentException($"count is {count}; it must be 1 or more");
        return new ClusterLatch(_client, Key("latches/", name), name, count);
    }

    /// <summary>A counter that can be changed under a lock only while it is held.</summary>
    /// <param name="key">The key that it is, as decimal text: what other programs read and <c>add</c> to.</param>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public FencedCounter Counter(string key)
    {
        Require.Name("key", key);
        return new FencedCounter(_client, key);
    }

    private static string Key(string prefix, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Require.Name("name", prefix + name);
        return prefix + name;
    }
}
