using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;

namespace AkkaHa.Node.Storage;

/// <summary>All that an entity reads when it begins, as of one moment.</summary>
/// <param name="Snapshot">Null: it has none.</param>
/// <param name="Highest">The number of its last row, deleted ones counted; 0: it never had one.</param>
/// <param name="Rows">The first page of its rows after the snapshot, without deleted ones.</param>
internal sealed record Beginning(StoredRow? Snapshot, long Highest, IReadOnlyList<StoredRow> Rows);

/// <summary>
/// What the journal and the snapshots of a node know of each other: which entity's rows are being written, and what was read for one that begins. Akka asks three times for that, one actor after the other;
/// here the first question, for the snapshot, reads all of it, and the rest is kept until it is asked for. (On SQLite nobody asks here; the plugin's own snapshots are.)
/// </summary>
internal sealed class Beginnings : IExtension
{
    private const int AsksAtMost = 32;

    /// <summary>Twice as many as begin at a time: among more there are some that nobody will ask for.</summary>
    private const int KeptAtMost = 256;

    /// <summary>Longer than a recovery that hears nothing.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

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
        if (kept.Count >= KeptAtMost) Forget();
        var mine = new Kept();
        // First of all: a write that begins from here on takes it away, and one that had begun before is seen next.
        kept[ask.Entity] = mine;
        await WhenWrittenAsync(ask.Entity);
        var found = await reads.AskAsync(ask);
        mine.From = (found.Snapshot?.SequenceNr ?? 0) + 1;
        mine.Rest = found with { Snapshot = null };
        return found.Snapshot;
    }

    /// <summary>What is kept, all but the snapshot, for an entity that goes on from that number; null: it must be read. It is kept no longer if it has no rows, since nobody asks for them then.</summary>
    public Beginning? Find(string entity, long from)
    {
        if (!kept.TryGetValue(entity, out var found) || found.Rest is not { } rest || found.From != from) return null;
        if (rest.Rows.Count == 0) kept.TryRemove(entity, out _);
        return rest;
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

    /// <summary>Of recoveries that ended before they had asked. Should there be none, all goes: it is read once more, then.</summary>
    private void Forget()
    {
        foreach (var (entity, one) in kept)
            if (Stopwatch.GetElapsedTime(one.Since) > KeptFor) kept.TryRemove(KeyValuePair.Create(entity, one));
        if (kept.Count >= KeptAtMost) kept.Clear();
    }

    private sealed class Kept
    {
        public long Since { get; } = Stopwatch.GetTimestamp();

        public long From { get; set; }

        public Beginning? Rest { get; set; }
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
