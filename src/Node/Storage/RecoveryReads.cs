using AkkaHa.Core.Entities;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>The highest number that an entity's rows have from <paramref name="From"/> on, deleted ones counted.</summary>
internal readonly record struct HighestAsk(string Entity, long From);

/// <summary>The first of an entity's rows in this range, without deleted ones: a page of them.</summary>
internal readonly record struct RowsAsk(string Entity, long From, long To, long AtMost);

/// <summary>An entity's newest snapshot, not above the number, not after the time (ticks).</summary>
internal readonly record struct SnapshotAsk(string Entity, long MaxNumber, long MaxCreated);

/// <summary>Something stored, as bytes: a row of the journal, or a snapshot.</summary>
internal sealed record StoredRow(long SequenceNr, long Created, byte[] Message, string? Manifest, int? Serializer)
{
    /// <exception cref="InvalidHistoryException">It does not say what it is.</exception>
    public object Read(string entity, Akka.Serialization.Serialization serialization) => serialization.Deserialize(
        Message, Serializer ?? throw new InvalidHistoryException($"{entity}: what is stored as {SequenceNr} has no serializer"), Manifest);
}

/// <summary>
/// What entities ask PostgreSQL for when they begin: many entities in one statement, one round trip. What all ask first is prepared; what few ask next is planned anew each time: of a plan that was
/// made while the tables were empty, a prepared statement would not be rid until they are analyzed.
/// </summary>
internal sealed class RecoveryReads(string connectionString) : IDisposable
{
    private readonly PreparedRead beginning = new(connectionString, BeginningSql);

    private const string HighestSql = """
        SELECT ask.place, (SELECT max(sequence_number) FROM journal WHERE persistence_id = ask.entity AND sequence_number >= ask.low)
        FROM unnest($1, $2) WITH ORDINALITY AS ask (entity, low, place)
        """;

    /// <summary>
    /// Of one entity in one statement, and the row that goes beyond it: an entity with much to read must neither fill the memory, nor keep others waiting for so long that they are taken for hung.
    /// </summary>
    private const int PageBytes = 256 << 10;
    private const int PageRows = 200;

    /// <summary>The first page is kept until it is asked for.</summary>
    private const int FirstPageBytes = 64 << 10;

    /// <summary>A page of an entity's rows in that range of numbers.</summary>
    private static string PageSql(string entity, string range, string atMost, int bytes) => $"""
        LATERAL (
          SELECT *, sum(octet_length(message)) OVER (ORDER BY sequence_number) - octet_length(message) AS bytes_before FROM (
            SELECT sequence_number, created, message, manifest, identifier FROM journal
            WHERE persistence_id = {entity} AND sequence_number {range} AND NOT deleted
            ORDER BY sequence_number LIMIT {atMost}) AS first) AS found
        WHERE found.bytes_before < {bytes}
        """;

    private static readonly string RowsSql = $"""
        SELECT ask.place, found.sequence_number, found.created, found.message, found.manifest, found.identifier
        FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS ask (entity, low, high, at_most, place)
        CROSS JOIN {PageSql("ask.entity", "BETWEEN ask.low AND ask.high", $"least(ask.at_most, {PageRows})", PageBytes)}
        """;

    private const int IsSnapshot = 0;
    private const int IsHighest = 1;

    /// <summary>All of it as of one moment, as one statement has it.</summary>
    private static readonly string BeginningSql = $"""
        WITH newest AS MATERIALIZED (
          SELECT ask.place, ask.entity, found.* FROM unnest($1, $2, $3) WITH ORDINALITY AS ask (entity, high, latest, place)
          LEFT JOIN LATERAL (
            SELECT sequence_number, created, snapshot, manifest, serializer_id FROM snapshot
            WHERE persistence_id = ask.entity AND sequence_number <= ask.high AND created <= ask.latest
            ORDER BY sequence_number DESC LIMIT 1) AS found ON true)
        SELECT place, sequence_number, created, snapshot, manifest, serializer_id, {IsSnapshot} FROM newest WHERE sequence_number IS NOT NULL
        UNION ALL
        SELECT place, coalesce((SELECT max(sequence_number) FROM journal WHERE persistence_id = newest.entity), 0), 0, '', NULL, NULL, {IsHighest} FROM newest
        UNION ALL
        SELECT place, found.sequence_number, found.created, found.message, found.manifest, found.identifier, 2 FROM newest
        CROSS JOIN {PageSql("newest.entity", "> coalesce(newest.sequence_number, 0)", $"{PageRows}", FirstPageBytes)}
        """;

    /// <summary>0 for those without any.</summary>
    public async Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestAsk> asks)
    {
        var highest = new long[asks.Count];
        await ReadAsync(HighestSql, row => highest[PlaceOf(row)] = row.IsDBNull(1) ? 0 : row.GetInt64(1), Of(asks, a => a.Entity), Of(asks, a => a.From));
        return highest;
    }

    /// <summary>Each one's in the order of their numbers. Fewer than there are, but never none where there are some: ask again from the last on.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<StoredRow>>> RowsAsync(IReadOnlyList<RowsAsk> asks)
    {
        var found = PagesFor(asks);
        await ReadAsync(RowsSql, row => found[PlaceOf(row)].Add(StoredOf(row)), Of(asks, a => a.Entity), Of(asks, a => a.From), Of(asks, a => a.To), Of(asks, a => a.AtMost));
        return InOrder(found);
    }

    /// <summary>What each begins with.</summary>
    public async Task<IReadOnlyList<Beginning>> BeginningsAsync(IReadOnlyList<SnapshotAsk> asks)
    {
        var (snapshots, highest, found) = (new StoredRow?[asks.Count], new long[asks.Count], PagesFor(asks));
        await beginning.ReadAsync(Read, Of(asks, a => a.Entity), Of(asks, a => a.MaxNumber), Of(asks, a => a.MaxCreated));
        return [.. InOrder(found).Select((rows, i) => new Beginning(snapshots[i], highest[i], rows))];

        void Read(NpgsqlDataReader row)
        {
            switch (row.GetInt32(6))
            {
                case IsSnapshot: snapshots[PlaceOf(row)] = StoredOf(row); break;
                case IsHighest: highest[PlaceOf(row)] = row.GetInt64(1); break;
                default: found[PlaceOf(row)].Add(StoredOf(row)); break;
            }
        }
    }

    public void Dispose() => beginning.Dispose();

    private async Task ReadAsync(string sql, Action<NpgsqlDataReader> each, params NpgsqlParameter[] parameters)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) each(rows);
    }

    private static List<StoredRow>[] PagesFor<TAsk>(IReadOnlyList<TAsk> asks) => [.. asks.Select(_ => new List<StoredRow>())];

    /// <summary>A statement as a whole has no order: sorting that much would be its greatest cost.</summary>
    private static List<StoredRow>[] InOrder(List<StoredRow>[] pages)
    {
        foreach (var rows in pages) rows.Sort((a, b) => a.SequenceNr.CompareTo(b.SequenceNr));
        return pages;
    }

    private static NpgsqlParameter<T[]> Of<TAsk, T>(IReadOnlyList<TAsk> asks, Func<TAsk, T> part) => new() { TypedValue = [.. asks.Select(part)] };

    private static int PlaceOf(NpgsqlDataReader row) => (int)row.GetInt64(0) - 1;

    private static StoredRow StoredOf(NpgsqlDataReader row) => new(
        row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetInt32(5));
}
