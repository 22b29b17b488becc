using System.Data.Common;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Journal;
using Akka.Persistence.Sql.Snapshot;
using AkkaHa.Node.Settings;
using LinqToDB;
using LinqToDB.Interceptors;

namespace AkkaHa.Node.Storage;

/// <summary>Points Akka.Persistence.Sql at the database.</summary>
internal static class JournalSetup
{
    private static string Provider(Database database) => database.IsPostgres ? LinqToDB.ProviderName.PostgreSQL15 : LinqToDB.ProviderName.SQLiteMS;

    /// <summary>The connection, with an interceptor that sets each connection up.</summary>
    public static Setup Connection(Database database) => new DataOptionsSetup(
        new DataOptions().UseConnectionString(Provider(database), database.JournalConnection).UseInterceptor(new ConnectionSetup(database.IsPostgres)));

    public static Config Config(Database database, NodeSettings settings)
    {
        var provider = Provider(database);
        // The default filter of the replay takes events of a shard that went A→B→A for a zombie's and drops them; the unique index on
        // (persistence_id, sequence_number), the claim and the gap check are what protects us. tests/Cluster.Tests/ThereAndBackTests shows it.
        var ours = !settings.Testing.DefaultReplayFilter;
        // The filter goes by a column that only the plugin's own way of writing fills.
        var sqlite = ours ? typeof(SqliteJournal) : typeof(SqlWriteJournal);
        var journal = database.IsPostgres ? typeof(PostgresJournal) : sqlite;
        var snapshots = database.IsPostgres ? typeof(GroupSnapshots) : typeof(SqlSnapshotStore);
        // To Microsoft.Data.Sqlite, this is what makes a transaction begin without the write lock, which every recovery would else take several times. Nothing
        // uncommitted is read all the same: the caches are private (see Database).
        var read = database.IsPostgres ? "unspecified" : "read-uncommitted";
        return ConfigurationFactory.ParseString($$"""
            akka.persistence {
              # On PostgreSQL, what is asked for together is one statement: the more, the better, and no connection is kept for it.
              max-concurrent-recoveries = {{(database.IsPostgres ? 128 : 48)}}
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "{{journal.FullName}}, {{journal.Assembly.GetName().Name}}"
                  connection-string = "{{Escape(database.JournalConnection)}}"
                  provider-name = "{{provider}}"
                  auto-initialize = off
                  # A recovery whose database went away in the middle is begun anew after this, not after 30 s.
                  recovery-event-timeout = 5s
                  read-isolation-level = {{read}}
                  tag-write-mode = Csv
                  # Of ours: rows of transactions wait so long for company. A commit of SQLite's takes less than that.
                  gather-for = {{(database.IsPostgres ? "4ms" : "0ms")}}
                  # Of reads alone; but a write of ours waits no longer than call-timeout for its statement to begin, either.
                  circuit-breaker { max-failures = 10, call-timeout = 10s, reset-timeout = 500ms }
                  default.journal.use-writer-uuid-column = {{(ours ? "false" : "true")}}
                  replay-filter.mode = {{(ours ? "off" : "repair-by-discard-old")}}
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "{{snapshots.FullName}}, {{snapshots.Assembly.GetName().Name}}"
                  connection-string = "{{Escape(database.JournalConnection)}}"
                  provider-name = "{{provider}}"
                  auto-initialize = off
                  read-isolation-level = {{read}}
                  circuit-breaker { max-failures = 10, call-timeout = 20s, reset-timeout = 500ms }
                }
              }
            }
            """).WithFallback(SqlPersistence.DefaultConfiguration);
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private sealed class ConnectionSetup(bool postgres) : ConnectionInterceptor
    {
        public override async Task ConnectionOpeningAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken) =>
            // Microsoft.Data.Sqlite completes its async calls synchronously: without giving way here once, whoever reads does it on the journal's own thread.
            await Task.Yield();

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Database.SessionSetup(postgres);
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Database.SessionSetup(postgres);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
