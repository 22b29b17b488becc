using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Google.Protobuf;

namespace AkkaHa.Node.Outcomes;

/// <summary>Reads the rows of a participant that can't be recovered, for an operator's resolve without it.</summary>
internal static class ParticipantReader
{
    private const int SnapshotRow = 0;

    /// <exception cref="DbException">The database does not answer: nothing is known then, also not that rows can't be read.</exception>
    public static async Task<ParticipantRead> ReadAsync(Database database, ReadParticipantEffect effect)
    {
        await using var connection = await database.OpenKeysAsync(CancellationToken.None);
        // One statement, so of one moment: rows that are deleted meanwhile are under the snapshot that it reads.
        await using var command = connection.Command(null, """
            SELECT 0 AS what, sequence_number, manifest, snapshot AS bytes FROM (SELECT * FROM snapshot WHERE persistence_id = @id ORDER BY sequence_number DESC LIMIT 1) s
            UNION ALL SELECT 1, sequence_number, manifest, message FROM journal WHERE persistence_id = @id
            ORDER BY 1, 2
            """, ("@id", effect.Participant.ToString()));
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new ParticipantRows(effect.Started);
        var highest = 0L;
        while (await reader.ReadAsync())
        {
            var sequenceNr = reader.GetInt64(1);
            Add(rows, reader.GetInt32(0), sequenceNr, reader.IsDBNull(2) ? "" : reader.GetString(2), (byte[])reader.GetValue(3));
            highest = Math.Max(highest, sequenceNr);
        }
        return rows.Read(effect.Number, highest);
    }

    private static void Add(ParticipantRows rows, int what, long sequenceNr, string manifest, byte[] bytes)
    {
        var (name, expected) = what == SnapshotRow ? ("snapshot", EntitySerializer.SnapshotManifest) : ("row", EntitySerializer.EnvelopeManifest);
        try
        {
            if (manifest != expected) rows.Unreadable($"{name} {sequenceNr} has the manifest '{manifest}'");
            else if (what == SnapshotRow) rows.Add(sequenceNr, Snapshot.Parser.ParseFrom(bytes));
            else rows.Add(sequenceNr, Envelope.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            rows.Unreadable($"{name} {sequenceNr}: {e.Message}");
        }
    }
}
