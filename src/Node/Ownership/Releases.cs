using System.Collections.Concurrent;

namespace AkkaHa.Node.Ownership;

/// <summary>Rows of ownership on their way to being released. A node that leaves waits for them.</summary>
internal sealed class Releases
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(int Shard, long Epoch), Task> underWay = new();

    /// <summary>Why rows were not released, since the last time that somebody asked; null: none.</summary>
    public string? LastFailure { get; private set; }

    public void Add(OwnershipStore store, int shard, long epoch) => underWay[(shard, epoch)] = Task.Run(() => ReleaseAsync(store, shard, epoch));

    /// <summary>Ends when all that are under way have ended, well or not.</summary>
    public Task WhenDoneAsync() => Task.WhenAll(underWay.Values);

    private async Task ReleaseAsync(OwnershipStore store, int shard, long epoch)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await store.ReleaseAsync(shard, epoch, patience.Token);
        }
        catch (Exception e)
        {
            // Whoever takes the shard next does not depend on it; until then, the ring shows the old owner.
            LastFailure = $"shard {shard}: {e.Message}";
        }
        finally
        {
            underWay.TryRemove((shard, epoch), out _);
        }
    }
}
