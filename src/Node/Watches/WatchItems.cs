using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Watches;

/// <summary>The changes in a row, each with its place.</summary>
internal static class WatchItems
{
    public static async Task AddAsync(List<WatchItem> items, KeyWrites writes, DbConnection connection, JournalRow row, bool postgres, CancellationToken ct)
    {
        var all = await writes.OfAsync(connection, row, ct);
        var key = row.PersistenceId[(EntityId.KeyKind.Length + 1)..];
        for (var i = 0; i < all.Count; i++)
        {
            // Only after the last one is the row behind the reader.
            var position = new WatchPosition(row.Position, i == all.Count - 1 ? 0 : i + 1);
            items.Add(WatchItem.Of(position, key, all[i], postgres));
        }
    }
}
