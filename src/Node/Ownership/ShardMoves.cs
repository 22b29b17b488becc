using System.Collections.Concurrent;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// Tells when a shard has changed hands. A message under way meanwhile may have been dropped without a word: by the region that hands over, or by a node that died.
/// </summary>
internal sealed class ShardMoves(OwnershipStore store, ILogger log)
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> waiting = new();
    private Dictionary<int, ShardRow> rows = [];
    private long lastSum = -1;
    private long version;
    private int loading;

    /// <summary>The sum of the shards' epochs when their rows were last read: grows with every change; null: they have not been read yet.</summary>
    public long? Version => Volatile.Read(ref rows).Count > 0 ? Interlocked.Read(ref version) : null;

    /// <summary>The rows as they were last read.</summary>
    public IReadOnlyCollection<ShardRow> Rows => Volatile.Read(ref rows).Values;

    /// <summary>The rows have been read again.</summary>
    public event Action<IReadOnlyCollection<ShardRow>>? Loaded;

    /// <summary>Done when the shard has its next owner.</summary>
    public Task Next(int shard) => waiting.GetOrAdd(shard, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Who held it when that was last read; null: nobody, or not known.</summary>
    public string? HolderOf(int shard) => Volatile.Read(ref rows).GetValueOrDefault(shard)?.Holder;

    /// <summary>Whether anybody has, or may have, had it: who gives it back leaves its epoch.</summary>
    public bool MayHaveHadOwner(int shard) => Volatile.Read(ref rows).GetValueOrDefault(shard)?.Epoch != 0;

    /// <summary>With every renewal: the sum of all epochs, which changes with any of them.</summary>
    public void Observe(long sumOfEpochs)
    {
        if (sumOfEpochs == Volatile.Read(ref lastSum) || Interlocked.Exchange(ref loading, 1) == 1) return;
        Task.Run(() => LoadAsync(sumOfEpochs));
    }

    private async Task LoadAsync(long sum)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var now = (await store.ReadAsync(patience.Token)).ToDictionary(r => r.Shard);
            var (first, before) = (Volatile.Read(ref lastSum) < 0, rows);
            Interlocked.Exchange(ref version, now.Values.Sum(r => r.Epoch));
            Volatile.Write(ref rows, now);
            Volatile.Write(ref lastSum, sum);
            if (!first)
                foreach (var (shard, row) in now)
                    if (before.GetValueOrDefault(shard)?.Epoch != row.Epoch && waiting.TryRemove(shard, out var those)) those.TrySetResult();
            Loaded?.Invoke(now.Values);
        }
        catch (Exception e)
        {
            // The next renewal sees the same difference, and it is tried again.
            log.LogDebug(e, "Who owns what could not be read");
        }
        finally
        {
            Volatile.Write(ref loading, 0);
        }
    }
}
