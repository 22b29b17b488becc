using AkkaHa.Messages;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>How a write ended for its writer.</summary>
enum WriteEnd
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>It may be stored, or not, or may yet be.</summary>
    Failed,

    /// <summary>It was refused before it got anywhere: not stored, and never will be.</summary>
    Rejected,
}

/// <summary>What becomes of a write: stored after a while, or never; reported after a while as failed or rejected, or as what it comes to.</summary>
sealed record CommitFate(long? LandsAfterMs, long? FailsAfterMs, bool Rejected = false);

/// <summary>
/// The journal as its writers see it: what they hear about a write need not be what happened, and a write may land long after they have gone.
/// </summary>
sealed class Journal(SimulatedWorld world)
{
    /// <summary>How late a write lands when the database was told of it as its process lost sight of it.</summary>
    private const int LateAfterCutMs = 500;

    private readonly Dictionary<EntityId, JournalStream> streams = [];
    private readonly Rng rng = world.Rng.Fork();

    public IEnumerable<EntityId> Entities => streams.Keys.OrderBy(e => e.ToString(), StringComparer.Ordinal);

    /// <summary>Locks that somebody has or waits for, by their rows.</summary>
    public IEnumerable<EntityId> LocksInUse => Entities.Where(e => e.Kind == EntityId.LockKind && Get(e).Ever.SelectMany(r => r.Events).Select(IsInUse).LastOrDefault(used => used is not null) == true);

    /// <summary>For directed schedules: decides the fate of a write; null leaves it to chance.</summary>
    public Func<EntityId, IReadOnlyList<Envelope>, CommitFate?>? Direct { get; set; }

    /// <summary>Begins a write. The report may never come to be heard: the writer may be gone by then.</summary>
    public void Write(Process from, EntityId id, long first, IReadOnlyList<Envelope> rows, Action<WriteEnd> report)
    {
        var stored = StoredRow.From(rows);
        var fate = Direct?.Invoke(id, rows) ?? (world.Database.Reaches(from) ? Draw() : Unreached());
        if (fate.LandsAfterMs is { } landing)
        {
            world.Scheduler.After(landing, () =>
            {
                var landed = !world.Database.IsOut && Get(id).Land(first, stored, world);
                if (landed) world.Sweeper?.Stored(id, stored);
                if (fate.FailsAfterMs is not null) world.Trace($"rows from {first} of {id} {(landed ? "land" : "do not land")}, unheard of");
                else from.After(rng.Between(0, 3), () => report(landed ? WriteEnd.Stored : WriteEnd.Failed));
            });
        }
        if (fate.FailsAfterMs is { } failing) from.After(failing, () => report(fate.Rejected ? WriteEnd.Rejected : WriteEnd.Failed));
    }

    private CommitFate Draw()
    {
        var f = world.Faults;
        var normal = rng.Between(1, 8);
        if (rng.Chance(f.CommitLost)) return new CommitFate(null, normal);
        if (rng.Chance(f.CommitUnknown)) return new CommitFate(normal, normal + rng.Between(0, 20));
        if (rng.Chance(f.CommitLate)) return new CommitFate(normal + rng.Between(1, f.CommitLateMs), normal);
        if (rng.Chance(f.CommitSlow)) return new CommitFate(rng.Between(50, 4000), null);
        if (rng.Chance(f.CommitRejected)) return new CommitFate(null, normal, Rejected: true);
        return new CommitFate(normal, null);
    }

    private static bool? IsInUse(Event one) => one.BodyCase switch
    {
        Event.BodyOneofCase.LockGranted or Event.BodyOneofCase.LockEnqueued => true,
        Event.BodyOneofCase.LockReleased when one.LockReleased.Free => false,
        Event.BodyOneofCase.LockWaiterLeft when one.LockWaiterLeft.Free => false,
        _ => null,
    };

    private CommitFate Unreached() => new(rng.Chance(0.2) ? rng.Between(1, LateAfterCutMs) : null, rng.Between(20, Database.PatienceMs));

    /// <summary>A snapshot on its way; it may never arrive, and the report may get lost too.</summary>
    public void SaveSnapshot(Process from, EntityId id, long sequenceNr, Snapshot snapshot, Action saved)
    {
        var lost = !world.Database.Reaches(from) || rng.Chance(world.Faults.SnapshotLost);
        if (lost) return;
        var stored = StoredSnapshot.From(snapshot);
        world.Scheduler.After(rng.Between(1, world.Faults.SnapshotLateMs), () =>
        {
            if (world.Database.IsOut) return;
            Get(id).Snapshots[sequenceNr] = stored;
            world.Trace($"snapshot {sequenceNr} of {id} is stored");
            if (!rng.Chance(world.Faults.SnapshotLost)) from.After(rng.Between(0, 3), saved);
        });
    }

    /// <summary>Deletes rows up to this number, as Akka's journals do: the highest of them stays, marked, and those below are free again.</summary>
    public void DeleteRows(Process from, EntityId id, long upTo)
    {
        if (!world.Database.Reaches(from) || rng.Chance(world.Faults.CommitLost)) return;
        world.Count("rows deleted");
        world.Scheduler.After(rng.Between(1, 20), () =>
        {
            world.Trace($"rows of {id} up to {upTo} are deleted");
            Get(id).Delete(upTo);
        });
    }

    public void DeleteSnapshots(Process from, EntityId id, long upTo)
    {
        if (world.Database.Reaches(from)) world.Scheduler.After(rng.Between(1, 20), () =>
        {
            world.Trace($"snapshots of {id} up to {upTo} are deleted");
            Get(id).DeleteSnapshots(upTo);
        });
    }

    public JournalStream Get(EntityId id) => streams.TryGetValue(id, out var stream) ? stream : streams[id] = new JournalStream(id);

    /// <summary>What the replay hides, though it is there: a journal that is not to be trusted.</summary>
    public bool HidesRows() => world.Faults.ReplayMisses > 0 && rng.Chance(world.Faults.ReplayMisses);

    /// <summary>Whether the newest snapshot can't be read just now.</summary>
    public bool HidesSnapshot() => world.Faults.SnapshotHidden > 0 && rng.Chance(world.Faults.SnapshotHidden);

    public int Pick(int below) => rng.Below(below);
}
