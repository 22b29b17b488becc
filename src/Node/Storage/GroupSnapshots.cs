using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Snapshot;

namespace AkkaHa.Node.Storage;

/// <summary>Akka.Persistence.Sql's snapshots, but for the reading on PostgreSQL: see <see cref="RecoveryReads"/> (ADR 0031).</summary>
internal sealed class GroupSnapshots(Config config) : SqlSnapshotStore(config)
{
    private readonly Akka.Serialization.Serialization serialization = Context.System.Serialization;
    private readonly Beginnings beginnings = Beginnings.Of(Context.System);

    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        var found = await beginnings.SnapshotAsync(new SnapshotAsk(persistenceId, criteria.MaxSequenceNr, criteria.MaxTimeStamp.Ticks));
        if (found is null) return null;
        return new SelectedSnapshot(new SnapshotMetadata(persistenceId, found.SequenceNr, new DateTime(found.Created)), found.Read(persistenceId, serialization));
    }
}
