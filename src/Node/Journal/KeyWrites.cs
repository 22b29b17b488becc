using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Journal;

/// <summary>
/// What rows of keys did to them: puts and deletes as they stand, and what transactions wrote when they were applied. An <c>Applied</c> says so itself, also that it wrote nothing, unless an earlier
/// version wrote it: then its <c>Prepared</c> does, which came before it in the same entity's rows.
/// </summary>
internal sealed class KeyWrites
{
    private const int MostRemembered = 4096;
    private const long MostBytes = 16 * 1024 * 1024;

    private readonly Dictionary<(string PersistenceId, string TransactionId), Prepared> prepared = [];
    private long preparedBytes;

    /// <summary>In order; empty for rows that write nothing.</summary>
    /// <exception cref="MissingPreparedException">An old row's Prepared is not there any more.</exception>
    public async Task<IReadOnlyList<KeyWritten>> OfAsync(DbConnection connection, JournalRow row, CancellationToken ct)
    {
        List<KeyWritten>? writes = null;
        foreach (var @event in row.Envelope.Events)
        {
            switch (@event.BodyCase)
            {
                case Event.BodyOneofCase.None:
                    throw new InvalidHistoryException($"{row.PersistenceId}: row {row.SequenceNr} holds an event unknown to this version");
                case Event.BodyOneofCase.KeyWritten:
                    (writes ??= []).Add(@event.KeyWritten);
                    break;
                case Event.BodyOneofCase.KeyRestored:
                    // What was deleted before the backup is no change to anybody.
                    if (@event.KeyRestored.Value.Present) (writes ??= []).Add(@event.KeyRestored.Value);
                    break;
                case Event.BodyOneofCase.Prepared:
                    Remember(row.PersistenceId, @event.Prepared);
                    break;
                case Event.BodyOneofCase.Applied:
                    if (@event.Applied.Write is { } write)
                    {
                        Forget(row.PersistenceId, @event.Applied.TransactionId);
                        (writes ??= []).Add(LandedWrite.Of(write, row.Envelope.TimeMs));
                    }
                    else if (@event.Applied.WritesNothing) Forget(row.PersistenceId, @event.Applied.TransactionId);
                    else if (await FromPreparedAsync(connection, row, @event.Applied, ct) is { } from) (writes ??= []).Add(LandedWrite.Of(from, row.Envelope.TimeMs));
                    break;
                case Event.BodyOneofCase.Discarded:
                    Forget(row.PersistenceId, @event.Discarded.TransactionId);
                    break;
                default:
                    break;
            }
        }
        return writes ?? (IReadOnlyList<KeyWritten>)[];
    }

    private void Remember(string persistenceId, Prepared one)
    {
        // Only to spare a query: what is forgotten is read again.
        if (prepared.Count >= MostRemembered || preparedBytes > MostBytes)
        {
            prepared.Clear();
            preparedBytes = 0;
        }
        Forget(persistenceId, one.TransactionId);
        prepared[(persistenceId, one.TransactionId)] = one;
        preparedBytes += one.CalculateSize();
    }

    private Prepared? Forget(string persistenceId, string transactionId)
    {
        if (!prepared.Remove((persistenceId, transactionId), out var one)) return null;
        preparedBytes -= one.CalculateSize();
        return one;
    }

    private async Task<KeyWritten?> FromPreparedAsync(DbConnection connection, JournalRow row, Applied applied, CancellationToken ct)
    {
        var found = Forget(row.PersistenceId, applied.TransactionId) ?? await ReadPreparedAsync(connection, row, applied.TransactionId, ct);
        return (applied.Then ? found.Then : found.Else)?.Write;
    }

    private static async Task<Prepared> ReadPreparedAsync(DbConnection connection, JournalRow row, string transactionId, CancellationToken ct)
    {
        // In the row itself, before it.
        if (Last(row.Envelope, transactionId) is { } here) return here;
        await using var command = connection.Command(null, "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @id AND sequence_number < @number ORDER BY sequence_number DESC",
            [("@id", row.PersistenceId), ("@number", row.SequenceNr)]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var envelope = JournalReader.Parse(row.PersistenceId, reader.GetInt64(0), reader.GetString(1), (byte[])reader.GetValue(2));
            if (Last(envelope, transactionId) is { } there) return there;
        }
        throw new MissingPreparedException($"{row.PersistenceId}: row {row.SequenceNr} applies transaction {transactionId}, whose Prepared has been deleted", row.Position);
    }

    private static Prepared? Last(Envelope envelope, string transactionId) =>
        envelope.Events.LastOrDefault(e => e.BodyCase == Event.BodyOneofCase.Prepared && e.Prepared.TransactionId == transactionId)?.Prepared;
}

/// <summary>An old version's row can't be told any more: as if it had been deleted itself.</summary>
internal sealed class MissingPreparedException(string message, JournalPosition row) : Exception(message)
{
    public JournalPosition Row { get; } = row;
}
