using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// A journal as a database is: rows are unique by entity and number, a batch is stored whole or not at all, and what the writer hears about it need not be what happened.
/// </summary>
sealed class Journal(Scheduler scheduler, Rng rng, Func<Faults> faults)
{
    private sealed class Stream
    {
        public SortedDictionary<long, byte[]> Rows { get; } = [];
        public SortedDictionary<long, byte[]> Snapshots { get; } = [];
    }

    private readonly Dictionary<EntityId, Stream> streams = [];

    public IEnumerable<EntityId> Entities => streams.Keys.OrderBy(e => e.ToString(), StringComparer.Ordinal);

    /// <summary>For directed schedules: decides the fate of a write; null leaves it to chance.</summary>
    public Func<EntityId, IReadOnlyList<Envelope>, CommitFate?>? Direct { get; set; }

    /// <summary>Begins a write. The report may never come to be heard: the writer may be gone by then.</summary>
    public void Write(EntityId id, long first, IReadOnlyList<Envelope> rows, Action<bool> report)
    {
        var stored = rows.Select(r => r.ToByteArray()).ToArray();
        var fate = Direct?.Invoke(id, rows) ?? Draw();
        var reported = false;
        if (fate.LandsAfterMs is { } landing)
        {
            scheduler.After(landing, () =>
            {
                var landed = Land(id, first, stored);
                if (fate.FailsAfterMs is not null) return;
                scheduler.After(rng.Between(0, 3), () => Report(landed));
            });
        }
        if (fate.FailsAfterMs is { } failing) scheduler.After(failing, () => Report(false));

        void Report(bool success)
        {
            if (reported) return;
            reported = true;
            report(success);
        }
    }

    private CommitFate Draw()
    {
        var f = faults();
        var normal = rng.Between(1, 8);
        if (rng.Chance(f.CommitLost)) return new CommitFate(null, normal);
        if (rng.Chance(f.CommitUnknown)) return new CommitFate(normal, normal + rng.Between(0, 20));
        if (rng.Chance(f.CommitLate)) return new CommitFate(normal + rng.Between(1, f.CommitLateMs), normal);
        if (rng.Chance(f.CommitSlow)) return new CommitFate(rng.Between(50, 4000), null);
        return new CommitFate(normal, null);
    }

    private bool Land(EntityId id, long first, byte[][] rows)
    {
        var stream = Get(id);
        for (var i = 0; i < rows.Length; i++)
            if (stream.Rows.ContainsKey(first + i)) return false;
        for (var i = 0; i < rows.Length; i++) stream.Rows.Add(first + i, rows[i]);
        return true;
    }

    public void SaveSnapshot(EntityId id, long sequenceNr, Snapshot snapshot)
    {
        var stored = snapshot.ToByteArray();
        scheduler.After(rng.Between(1, 50), () => Get(id).Snapshots[sequenceNr] = stored);
    }

    /// <summary>What a recovery reads. <paramref name="missing"/>: the replay hides rows that are there.</summary>
    public Replay Read(EntityId id, bool missing)
    {
        var stream = Get(id);
        var snapshot = stream.Snapshots.Count == 0 ? default : stream.Snapshots.Last();
        var rows = stream.Rows.Where(r => r.Key > snapshot.Key).Select(r => (r.Key, Envelope.Parser.ParseFrom(r.Value))).ToList();
        var highest = stream.Rows.Count == 0 ? 0 : stream.Rows.Keys.Last();
        if (missing && rows.Count > 0)
        {
            if (rng.Chance(0.5)) rows.RemoveAt(rows.Count - 1);
            else rows.RemoveAt(rng.Below(rows.Count));
        }
        return new Replay(snapshot.Value is null ? null : (snapshot.Key, Snapshot.Parser.ParseFrom(snapshot.Value)), rows, highest);
    }

    /// <summary>Every row ever stored, for the judges.</summary>
    public IEnumerable<Envelope> Rows(EntityId id) => Get(id).Rows.Values.Select(r => Envelope.Parser.ParseFrom(r));

    private Stream Get(EntityId id) => streams.TryGetValue(id, out var stream) ? stream : streams[id] = new Stream();
}

/// <summary>What becomes of a write: stored after a while, or never; reported as failed after a while, or as what it comes to.</summary>
sealed record CommitFate(long? LandsAfterMs, long? FailsAfterMs);

/// <summary>What recovery is given.</summary>
sealed record Replay((long SequenceNr, Snapshot Snapshot)? Snapshot, IReadOnlyList<(long SequenceNr, Envelope Row)> Rows, long Highest);
