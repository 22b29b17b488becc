using System.Data.Common;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>The keys that are there.</summary>
internal sealed class KeyIndex(Database database) : JournalIndex(database, JournalScope.KeysAndSessions, Marks.Indexed)
{
    private readonly KeyWrites writes = new();

    /// <summary>Up to where it has come; null: it has not been made yet.</summary>
    public static Task<JournalPosition?> IndexedAsync(DbConnection connection, CancellationToken ct) => Marks.ReadAsync(connection, null, Marks.Indexed, ct);

    public IIndexTables Tables(DbConnection connection, DbTransaction transaction) =>
        Database.IsPostgres ? new PostgresIndexTables(connection, transaction) : new SqliteIndexTables(connection, transaction);

    protected override IIndexChanges NoChanges() => new Changes(this);

    protected override void Behind(JournalPosition end, JournalPosition indexed) => LeaderGauges.Index(Math.Max(0, end.Ordering - indexed.Ordering));

    protected override void Seen(JournalPage page) => NodeMeter.Floor(page.Floor.Ordering);

    private sealed class Changes(KeyIndex index) : IIndexChanges
    {
        private readonly IndexBatch batch = new();

        public Task AddAsync(DbConnection connection, JournalRow row, CancellationToken ct) => batch.AddAsync(index.writes, connection, row, ct);

        public Task WriteAsync(DbConnection connection, DbTransaction transaction, CancellationToken ct) => batch.WriteAsync(index.Tables(connection, transaction), ct);
    }
}
