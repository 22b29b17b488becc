using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>What one activation does with the journal: recover, write, and keep snapshots and rows as long as they are needed.</summary>
sealed class Rows(Process process, EntityId id)
{
    private readonly SimulatedWorld world = process.World;
    private readonly Retention retention = new(process.World.KeepRowsMs, process.World.Rules);
    private long snapshotsBelow;
    private bool hidden;

    /// <summary>The snapshot first, then the highest number, then the rows: not one moment, and others may write between.</summary>
    /// <param name="begin">A fresh entity; null: the activation has ended meanwhile.</param>
    /// <param name="recovered">With how it ended.</param>
    /// <param name="failed">It could not be.</param>
    public void Recover(Func<Entity?> begin, Action<Entity, Recovered> recovered, Action failed)
    {
        if (!world.Database.Reaches(process))
        {
            process.After(world.Rng.Between(20, Database.PatienceMs), failed);
            return;
        }
        var stream = world.Journal.Get(id);
        var butOne = world.Journal.HidesSnapshot();
        var snapshot = stream.Newest(butOne);
        if (butOne) world.Count("recovered without the newest snapshot");
        process.Step("between the snapshot and the rows", () => process.After(world.Rng.Chance(0.3) ? world.Rng.Between(0, 3) : 0, () =>
        {
            var highest = stream.Highest;
            if (begin() is not { } entity) return;
            try
            {
                if (snapshot is { } found) entity.RecoverSnapshot(found.SequenceNr, found.Snapshot);
                foreach (var (number, row) in Replay(stream, snapshot?.SequenceNr ?? 0, highest)) entity.RecoverRow(number, row);
                var how = entity.FinishRecovery(highest);
                if (snapshot is not null) retention.Saved(snapshot.Value.SequenceNr, process.Clock.MonoMs);
                recovered(entity, how);
            }
            catch (InvalidHistoryException e)
            {
                // Rows that were deleted since the snapshot was read are no loss: the next try reads a newer one.
                if (!hidden && !(stream.Newest(false)?.SequenceNr > (snapshot?.SequenceNr ?? 0) && !butOne)) world.Fail("recovery", e.Message);
                world.Count("recovery refused a gap");
                failed();
            }
        }));
    }

    /// <summary>What an operator's verb reads, of one moment; what is read may be old by the time that it is heard of.</summary>
    public void Read(ReadParticipantEffect effect, Action<Command> hear)
    {
        void Answer(ParticipantRead read)
        {
            world.Count($"rows of a participant read: {read.Vote?.Kind.ToString() ?? (read.Unreadable.Length > 0 ? "unreadable" : "no answer")}");
            hear(new Command { Sender = "node", ParticipantRead = read });
        }
        world.Database.Transact(process, () =>
        {
            var stream = world.Journal.Get(id);
            var rows = new ParticipantRows(effect.Started);
            var snapshot = stream.Newest(butOne: false);
            if (snapshot is { } found) rows.Add(found.SequenceNr, found.Snapshot);
            foreach (var (number, row) in stream.After(0, stream.Highest)) rows.Add(number, row);
            return rows.Read(effect.Number, stream.Highest);
        }, read => process.After(world.Rng.Between(0, 30), () => Answer(read)), () => Answer(new ParticipantRead { Number = effect.Number }));
    }

    private List<(long, Envelope)> Replay(JournalStream stream, long after, long upTo)
    {
        var rows = stream.After(after, upTo);
        hidden = rows.Count > 0 && world.Journal.HidesRows();
        if (hidden) rows.RemoveAt(world.Journal.Pick(2) == 0 ? rows.Count - 1 : world.Journal.Pick(rows.Count));
        return rows;
    }

    public void Write(Batch batch, Action<WriteEnd> report) => world.Journal.Write(process, id, batch.FirstSequenceNr, batch.Rows, report);

    /// <summary>After a write: a snapshot now and then, and what needs to be kept no longer goes.</summary>
    public void Keep(Entity entity)
    {
        if (world.Rng.Chance(world.Faults.SnapshotEvery))
        {
            var number = entity.DurableSequenceNr;
            world.Journal.SaveSnapshot(process, id, number, entity.TakeSnapshot(), () => Saved(number));
        }
        if (retention.DeleteUpTo(process.Clock.MonoMs) is { } upTo) world.Journal.DeleteRows(process, id, upTo);
    }

    private void Saved(long number)
    {
        retention.Saved(number, process.Clock.MonoMs);
        if (retention.SnapshotsBelow <= snapshotsBelow) return;
        snapshotsBelow = retention.SnapshotsBelow;
        world.Journal.DeleteSnapshots(process, id, snapshotsBelow - 1);
    }

    public void Count(Batch batch)
    {
        if (!world.IsCounting) return;
        foreach (var row in batch.Rows)
        {
            foreach (var one in row.Events) world.Count($"event {one.BodyCase}");
            if (row.Events.Count == 0) world.Count("row of outcomes alone");
        }
    }
}
