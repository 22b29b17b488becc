using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Journal;

/// <summary>One row.</summary>
internal readonly record struct JournalRow(JournalPosition Position, string PersistenceId, long SequenceNr, Envelope Envelope, int Bytes);

/// <summary>Rows in order, and how far they go.</summary>
/// <param name="Rows">Of the scope, all that there are up to <paramref name="UpTo"/>.</param>
/// <param name="UpTo">Whatever comes later is after this.</param>
/// <param name="More">Whether more can be read at once.</param>
/// <param name="Floor">As it was after reading: where it is above the position that was read from, rows may be missing.</param>
/// <param name="WentBack">The journal ends before the position that was read from: an older copy of it was put in its place.</param>
internal sealed record JournalPage(IReadOnlyList<JournalRow> Rows, JournalPosition UpTo, bool More, JournalPosition Floor, bool WentBack);

/// <summary>
/// Reads the journal across entities, in an order in which nothing comes later in an earlier place. On PostgreSQL a transaction that began early may commit late: so the order is by transaction id,
/// and rows of transactions that are not below every running one are left for later. A position is always that of a row: a transaction id alone could be given out
/// again after a crash, when what it did was not on disk.
/// </summary>
/// <param name="database">Where it is.</param>
/// <param name="naive">Test-only: reads by ordering alone.</param>
/// <param name="scanAtOnce">
/// A page goes over so many rows at most, of whatever entities: who looks for few among many millions gets there page by page, each of them quick, and not by one query that runs out of time again and again.
/// </param>
/// <param name="pageBytes">Of a page, about.</param>
/// <param name="rowsAtMost">Of a page, where rows are small.</param>
/// <param name="planOnce">On PostgreSQL, <see cref="ReadAsync"/> is planned once for each connection, which is to be of <see cref="OpenAsync"/>: for who reads the end all the time.</param>
internal sealed class JournalReader(
    Database database, bool naive = false, int scanAtOnce = 10_000, int pageBytes = 4 * 1024 * 1024, int rowsAtMost = JournalReader.RowsOfPage, bool planOnce = false)
{
    private const int RowsOfPage = 512;

    private const string Columns = "j.ordering, j.persistence_id, j.sequence_number, j.manifest, j.identifier, j.message";

    private int rowsAtOnce = RowsOfPage;

    /// <summary>A connection to read by.</summary>
    public Task<DbConnection> OpenAsync(CancellationToken ct) => database.OpenKeysAsync(ct, planOnce);

    // The name x matters here and below: were that column of the result called xid, ORDER BY xid would mean it, and PostgreSQL would sort the whole journal by it.

    /// <summary>How far one can read now: no later commit will land at or before this.</summary>
    public async Task<JournalPosition> HorizonAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command(null, database.IsPostgres
            ? "SELECT xid::text::bigint AS x, ordering FROM journal WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid DESC, ordering DESC LIMIT 1"
            : "SELECT 0, max(ordering) FROM journal");
        return await PositionAsync(command, ct);
    }

    /// <summary>The highest position of all that is committed: at or above everything that was acknowledged before the call. On PostgreSQL it may be above <see cref="HorizonAsync"/> for a while.</summary>
    public async Task<JournalPosition> HighestAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command(null, database.IsPostgres
            ? "SELECT xid::text::bigint AS x, ordering FROM journal ORDER BY xid DESC, ordering DESC LIMIT 1"
            : "SELECT 0, max(ordering) FROM journal");
        return await PositionAsync(command, ct);
    }

    /// <summary>From where on the journal's last rows are not too many to be read at once.</summary>
    public async Task<JournalPosition> RecentAsync(DbConnection connection, int rows, long bytes, CancellationToken ct)
    {
        var (xid, order, settled) = database.IsPostgres
            ? ("xid::text::bigint", "xid DESC, ordering DESC", "WHERE xid < pg_snapshot_xmin(pg_current_snapshot())")
            : ("0", "ordering DESC", "");
        await using var command = connection.Command(null, $"""
            SELECT x, ordering FROM (
              SELECT x, ordering, sum(size) OVER (ORDER BY x DESC, ordering DESC) AS total, row_number() OVER (ORDER BY x DESC, ordering DESC) AS n
              FROM (SELECT {xid} AS x, ordering, length(message) AS size FROM journal {settled} ORDER BY {order} LIMIT {rows}) AS r) AS t
            WHERE total > {bytes} OR n = {rows} ORDER BY n LIMIT 1
            """);
        return await PositionAsync(command, ct);
    }

    public async Task<JournalPage> ReadAsync(DbConnection connection, JournalPosition after, JournalScope scope, CancellationToken ct)
    {
        // Of small rows many at once, of large ones few: what is asked for and not used was transferred all the same.
        var limit = Volatile.Read(ref rowsAtOnce);
        await using var command = connection.Command(null, Text(scope), [("@ordering", after.Ordering), ("@limit", limit)]);
        if (database.IsPostgres) Add(command, "@xid", after.TransactionId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var (name, value) in scope.Parameters) Add(command, name, value);
        // Only the first time is anything sent.
        if (planOnce && database.IsPostgres) await command.PrepareAsync(ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        // The horizon is from before the rows were read, or of the same moment.
        var (horizon, bound) = (JournalPosition.Start, (JournalPosition?)null);
        if (await reader.ReadAsync(ct))
        {
            if (!reader.IsDBNull(1)) horizon = new JournalPosition(reader.GetInt64(0), reader.GetInt64(1));
            if (!reader.IsDBNull(3)) bound = new JournalPosition(reader.GetInt64(2), reader.GetInt64(3));
        }
        if (!database.IsPostgres) await reader.NextResultAsync(ct);
        var first = database.IsPostgres ? 4 : 0;
        var rows = new List<JournalRow>();
        var (bytes, full) = (0L, false);
        for (var at = !database.IsPostgres ? await reader.ReadAsync(ct) : reader.HasRows; at; at = await reader.ReadAsync(ct))
        {
            if (reader.IsDBNull(first)) break;
            var row = Row(reader, first);
            rows.Add(row);
            bytes += row.Bytes;
            full = rows.Count == limit || bytes >= pageBytes;
            if (full) break;
        }
        Volatile.Write(ref rowsAtOnce, rows.Count == 0 ? RowsOfPage : (int)Math.Clamp(pageBytes / Math.Max(1, bytes / rows.Count), 4, rowsAtMost));
        await reader.NextResultAsync(ct);
        var floor = await reader.ReadAsync(ct) ? new JournalPosition(reader.GetInt64(0), reader.GetInt64(1)) : JournalPosition.Start;
        var upTo = full ? rows[^1].Position : Later(Later(bound ?? horizon, after), rows.Count == 0 ? after : rows[^1].Position);
        // A row goes only after the floor was raised over it, so the two together never fall.
        return new JournalPage(rows, upTo, full || bound is not null, floor, WentBack: Later(horizon, floor) < after);
    }

    private string Text(JournalScope scope)
    {
        const string Floor = "SELECT xid, ordering FROM journal_mark WHERE name = 'floor'";
        var filter = scope.Filter.Replace("{id}", database.IsPostgres ? "persistence_id COLLATE \"C\"" : "persistence_id", StringComparison.Ordinal);
        if (!database.IsPostgres)
        {
            var last = scope.IsOne ? "NULL" : $"(SELECT ordering FROM journal WHERE ordering > @ordering ORDER BY ordering LIMIT 1 OFFSET {scanAtOnce - 1})";
            // Of one entity, its own index is quicker than going through all: a plus hides the other.
            var range = scope.IsOne ? "+j.ordering > @ordering" : $"j.ordering > @ordering AND j.ordering <= coalesce({last}, {long.MaxValue})";
            return $"""
                SELECT 0, (SELECT max(ordering) FROM journal), 0, {last};
                SELECT 0, {Columns} FROM journal j WHERE {range} AND {filter} ORDER BY j.ordering LIMIT @limit;
                {Floor}
                """;
        }
        // What a tail by ordering alone would do, for the test that shows why it must not.
        var (settled, order) = naive ? ("true", "j.ordering") : ("xid < pg_snapshot_xmin(pg_current_snapshot())", "j.xid, j.ordering");
        var after = naive ? "ordering > @ordering AND @xid::text IS NOT NULL" : "(xid, ordering) > (@xid::text::xid8, @ordering)";
        var orderIn = order.Replace("j.", "", StringComparison.Ordinal);
        const string UpTo = "(xid, ordering) <= (coalesce(b.xid, h.xid), coalesce(b.ordering, h.ordering))";
        // The rows of a page in their order, and of them those of the scope. In one condition PostgreSQL, which can't know where a page ends, takes few rows of a scope for a reason to go through the whole journal, for each page.
        var rows = scope.IsOne
            ? $"SELECT * FROM journal WHERE {after} AND {UpTo} AND {filter} ORDER BY {orderIn} LIMIT @limit"
            : $"SELECT * FROM (SELECT * FROM journal WHERE {after} AND {UpTo} ORDER BY {orderIn} LIMIT {scanAtOnce}) AS page WHERE {filter} ORDER BY {orderIn} LIMIT @limit";
        return $"""
            WITH h AS MATERIALIZED (SELECT xid, ordering FROM journal WHERE {settled} ORDER BY xid DESC, ordering DESC LIMIT 1),
            b AS MATERIALIZED (SELECT xid, ordering FROM journal WHERE {(scope.IsOne ? "false" : $"{after} AND {settled}")} ORDER BY {orderIn} LIMIT 1 OFFSET {scanAtOnce - 1})
            SELECT h.xid::text::bigint, h.ordering, b.xid::text::bigint, b.ordering, j.xid::text::bigint, {Columns}
            FROM h LEFT JOIN b ON true LEFT JOIN LATERAL ({rows}) j ON true
            ORDER BY {order};
            {Floor}
            """;
    }

    /// <summary>Reads one stored row.</summary>
    /// <exception cref="InvalidHistoryException">It is of another format than this version knows.</exception>
    internal static Envelope Parse(string persistenceId, long sequenceNr, string manifest, byte[] message)
    {
        if (manifest != EntitySerializer.EnvelopeManifest) throw new InvalidHistoryException($"{persistenceId}: row {sequenceNr} has the manifest '{manifest}'");
        var envelope = Envelope.Parser.ParseFrom(message);
        return envelope.Schema <= Entity.Schema
            ? envelope
            : throw new InvalidHistoryException($"{persistenceId}: row {sequenceNr} has schema {envelope.Schema}; this version reads 1 to {Entity.Schema}");
    }

    private static JournalRow Row(DbDataReader reader, int first)
    {
        var position = new JournalPosition(reader.GetInt64(first), reader.GetInt64(first + 1));
        var (persistenceId, sequenceNr) = (reader.GetString(first + 2), reader.GetInt64(first + 3));
        var message = (byte[])reader.GetValue(first + 6);
        return new JournalRow(position, persistenceId, sequenceNr, Parse(persistenceId, sequenceNr, reader.IsDBNull(first + 4) ? "" : reader.GetString(first + 4), message), message.Length);
    }

    private static async Task<JournalPosition> PositionAsync(DbCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && !reader.IsDBNull(1) ? new JournalPosition(reader.GetInt64(0), reader.GetInt64(1)) : JournalPosition.Start;
    }

    private static JournalPosition Later(JournalPosition a, JournalPosition b) => a > b ? a : b;

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
