using System.Data.Common;
using AkkaHa.Chaos.Nodes;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AkkaHa.Chaos.Histories;

/// <summary>
/// Who came, got the lock and left, in the order in which the servers stored it: from the journal itself, when all is over. No client can say in what order the servers took those who waited.
/// </summary>
static class LockQueues
{
    /// <summary>Of all locks whose rows are all there still.</summary>
    public static async Task<IReadOnlyList<QueueEvent>> ReadAsync(ChaosCluster cluster)
    {
        await using DbConnection connection = cluster.Database is { } database
            ? new NpgsqlConnection(database.ConnectionString)
            : new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = cluster.JournalFile, Mode = SqliteOpenMode.ReadOnly }.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT persistence_id, sequence_number, message FROM journal WHERE persistence_id LIKE '{EntityId.LockKind}/%' ORDER BY persistence_id, sequence_number";
        await using var row = await command.ExecuteReaderAsync();
        var steps = new List<QueueEvent>();
        var (last, next) = ("", 1L);
        while (await row.ReadAsync())
        {
            var (id, number) = (row.GetString(0), row.GetInt64(1));
            if (id != last) (last, next) = (id, 1);
            // Without its beginning it can't be told who was waiting.
            if (number != next) continue;
            next++;
            steps.AddRange(Envelope.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)).Events.Select(e => StepOf(id[(EntityId.LockKind.Length + 1)..], e)).OfType<QueueEvent>());
        }
        return steps;
    }

    /// <summary>An upgrade goes before all who wait, and is no step of the queue.</summary>
    private static QueueEvent? StepOf(string name, Event one) => one.BodyCase switch
    {
        Event.BodyOneofCase.LockEnqueued => new QueueEvent(name, QueueStep.Enqueued, one.LockEnqueued.RequestId),
        Event.BodyOneofCase.LockGranted => new QueueEvent(name, QueueStep.Granted, one.LockGranted.RequestId),
        Event.BodyOneofCase.LockWaiterLeft => new QueueEvent(name, QueueStep.Left, one.LockWaiterLeft.RequestId),
        _ => null,
    };
}
