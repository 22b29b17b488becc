using System.Collections.Concurrent;
using Akka.Actor;

namespace AkkaHa.Node.Storage;

/// <summary>All that an entity reads when it begins, as of one moment.</summary>
/// <param name="Snapshot">Null: it has none.</param>
/// <param name="Highest">The number of its last row, deleted ones counted; 0: it never had one.</param>
/// <param name="Rows">The first page of its rows after the snapshot, without deleted ones.</param>
internal sealed record Beginning(StoredRow? Snapshot, long Highest, IReadOnlyList<StoredRow> Rows)
{
    /// <summary>The number from which on it has rows to read.</summary>
    public long From => (Snapshot?.SequenceNr ?? 0) + 1;
}

/// <summary>
/// What the journal and the snapshots of a node know of each other: which entity's rows are being written, and what was read for one that begins. Akka asks three times for that, one actor after the other;
/// here the first question, for the snapshot, reads all of it, and the rest is kept until it is asked for. (On SQLite nobody asks here; the plugin's own snapshots are.)
/// </summary>
internal sealed class Beginnings : IExtension
{
    private const int AsksAtMost = 32;

    /// <summary>Far more than begin at a time: what is kept beyond that was never asked for.</summary>
    private const int KeptAtMost = 512;

    private readonly ConcurrentDictionary<string, JournalWrite> underWay = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept> kept = new(StringComparer.Ordinal);
    private readonly GroupReads<SnapshotAsk, Beginning> reads;

    public Beginnings(Func<IReadOnlyList<SnapshotAsk>, Task<IReadOnlyList<Beginning>>> read) => reads = new GroupReads<SnapshotAsk, Beginning>(AsksAtMost, read);

    public static Beginnings Of(ActorSystem system) => system.WithExtension<Beginnings, Provider>();

    /// <summary>An entity's rows are to be written: whoever recovers it next waits for the end of that, whatever it is, and what was read of it before is out of date.</summary>
    public void BeginWrite(string entity, JournalWrite write)
    {
        underWay[entity] = write;
        kept.TryRemove(entity, out _);
    }

    /// <summary>That has ended.</summary>
    public void EndWrite(string entity, JournalWrite write) => underWay.TryRemove(KeyValuePair.Create(entity, write));

    /// <summary>Done when none of its rows is being written.</summary>
    public Task WhenWrittenAsync(string entity) => underWay.TryGetValue(entity, out var write) ? write.WhenEnded : Task.CompletedTask;

    /// <summary>The snapshot; what goes with it is kept.</summary>
    public async Task<StoredRow?> SnapshotAsync(SnapshotAsk ask)
    {
        if (kept.Count >= KeptAtMost) kept.Clear();
        var mine = new Kept();
        // First of all: a write that begins from here on takes it away, and one that had begun before is seen next.
        kept[ask.Entity] = mine;
        await WhenWrittenAsync(ask.Entity);
        mine.Found = await reads.AskAsync(ask);
        return mine.Found.Snapshot;
    }

    /// <summary>What is kept for an entity that goes on from that number; null: it must be read. It is kept no longer if it has no rows, since nobody asks for them then.</summary>
    public Beginning? Find(string entity, long from)
    {
        if (!kept.TryGetValue(entity, out var found) || found.Found?.From != from) return null;
        if (found.Found.Rows.Count == 0) kept.TryRemove(entity, out _);
        return found.Found;
    }

    /// <summary>The same, but it is kept no longer.</summary>
    public Beginning? Take(string entity, long from)
    {
        var found = Find(entity, from);
        kept.TryRemove(entity, out _);
        return found;
    }

    /// <summary>What has been asked is still answered.</summary>
    public void Stop() => reads.Stop();

    private sealed class Kept
    {
        public volatile Beginning? Found;
    }

    private sealed class Provider : ExtensionIdProvider<Beginnings>
    {
        public override Beginnings CreateExtension(ExtendedActorSystem system)
        {
            var reads = new RecoveryReads(system.Settings.Config.GetString("akka.persistence.journal.sql.connection-string"));
            var beginnings = new Beginnings(reads.BeginningsAsync);
            system.RegisterOnTermination(() =>
            {
                beginnings.Stop();
                reads.Dispose();
            });
            return beginnings;
        }
    }
}
