using AkkaHa.Messages.Internal;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Monitoring;

/// <summary>Which shard went from whom to whom, and when that was seen: told by the rows of ownership as they were read, one after the other.</summary>
internal sealed class MoveLog
{
    public const int AtMost = 4096;

    private readonly Dictionary<int, long> epochs = [];
    private readonly Dictionary<int, string> holders = [];
    private readonly Queue<ShardMoved> moves = new();

    /// <summary>A move, and which holders (address and incarnation) it was between.</summary>
    public sealed record Seen(ShardMoved Move, string? From, string? To);

    /// <summary>Takes a reading in, and tells what has moved since the one before. The first tells nothing.</summary>
    public IReadOnlyList<Seen> Observe(IEnumerable<ShardRow> rows, long nowMs)
    {
        var first = epochs.Count == 0;
        var seen = new List<Seen>();
        foreach (var row in rows)
        {
            var from = holders.GetValueOrDefault(row.Shard);
            // What has been given back has moved only when somebody has taken it.
            if (row.Holder is not null) holders[row.Shard] = row.Holder;
            var before = epochs.GetValueOrDefault(row.Shard);
            epochs[row.Shard] = row.Epoch;
            if (first || before == row.Epoch) continue;
            var move = new ShardMoved { AtMs = nowMs, Shard = row.Shard, Epoch = row.Epoch, From = AddressOf(from), To = AddressOf(row.Holder) };
            seen.Add(new Seen(move, from, row.Holder));
            moves.Enqueue(move);
            if (moves.Count > AtMost) moves.Dequeue();
        }
        return seen;
    }

    /// <summary>The shards that this holder had last.</summary>
    public IReadOnlyList<int> Of(string holder) => [.. holders.Where(h => h.Value == holder).Select(h => h.Key)];

    public IEnumerable<ShardMoved> Since(long sinceMs) => moves.Where(m => m.AtMs >= sinceMs);

    private static string AddressOf(string? holder) => holder?.Split(' ')[0] ?? "";
}
