using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>A row as bytes: what is stored is not changed by what its writer does next. Those who read it share what they read, as nobody changes an event.</summary>
sealed class StoredRow(byte[] bytes)
{
    private Envelope? row;

    public Envelope Row => row ??= Envelope.Parser.ParseFrom(bytes);

    public static StoredRow[] From(IReadOnlyList<Envelope> rows)
    {
        var stored = new StoredRow[rows.Count];
        for (var i = 0; i < stored.Length; i++) stored[i] = new StoredRow(rows[i].ToByteArray());
        return stored;
    }
}

readonly record struct StoredSnapshot(byte[] Bytes)
{
    public Snapshot Snapshot => Snapshot.Parser.ParseFrom(Bytes);

    public static StoredSnapshot From(Snapshot snapshot) => new(snapshot.ToByteArray());
}

/// <summary>One entity's rows and snapshots as a database has them: rows are unique by number, a batch is stored whole or not at all.</summary>
sealed class JournalStream(EntityId id)
{
    private readonly SortedDictionary<long, StoredRow?> rows = [];
    private readonly SortedDictionary<long, StoredRow> ever = [];
    private long highest;
    private long freeBelow;

    public SortedDictionary<long, StoredSnapshot> Snapshots { get; } = [];

    public long Highest => highest;

    public bool Land(long first, StoredRow[] batch, SimulatedWorld world)
    {
        for (var i = 0; i < batch.Length; i++)
            if (rows.ContainsKey(first + i)) return false;
        if (first < freeBelow)
        {
            world.Count("landed in a freed number");
            world.Fail("storing", $"{id}: number {first} was given to a row, freed, and given again");
        }
        for (var i = 0; i < batch.Length; i++) rows.Add(first + i, batch[i]);
        if (id.Kind == EntityId.LockKind)
            for (var i = 0; i < batch.Length; i++) ever[first + i] = batch[i];
        highest = Math.Max(highest, first + batch.Length - 1);
        return true;
    }

    public void Delete(long upTo)
    {
        foreach (var number in rows.Keys.TakeWhile(n => n < upTo).ToArray()) rows.Remove(number);
        // Deleted, with its number still taken.
        if (rows.ContainsKey(upTo)) rows[upTo] = null;
        freeBelow = Math.Max(freeBelow, upTo);
    }

    public void DeleteSnapshots(long upTo)
    {
        foreach (var number in Snapshots.Keys.TakeWhile(n => n <= upTo).ToArray()) Snapshots.Remove(number);
    }

    /// <summary>The newest snapshot, or the one before.</summary>
    public (long SequenceNr, Snapshot Snapshot)? Newest(bool butOne)
    {
        if (Snapshots.Count == 0) return null;
        var newest = butOne ? Snapshots.Reverse().Skip(1).FirstOrDefault() : Snapshots.Last();
        return newest.Key == 0 ? null : (newest.Key, newest.Value.Snapshot);
    }

    /// <summary>What a replay reads.</summary>
    public List<(long SequenceNr, Envelope Row)> After(long sequenceNr, long upTo) =>
        [.. rows.Where(r => r.Key > sequenceNr && r.Key <= upTo && r.Value is not null).Select(r => (r.Key, r.Value!.Row))];

    /// <summary>Of a lock: every row that there ever was, in order.</summary>
    public IEnumerable<Envelope> Ever => ever.Values.Select(r => r.Row);

    /// <summary>Every row there is, for the judges.</summary>
    public IEnumerable<Envelope> All => rows.Values.Where(r => r is not null).Select(r => r!.Row);
}
