using AkkaHa.Compare.Systems;

namespace AkkaHa.Compare.Sqlite;

/// <summary>What one round found, all in a second.</summary>
/// <param name="Journal">Events that the journal made durable.</param>
/// <param name="Raw">Rows that SQLite made durable, with the index that a journal has.</param>
/// <param name="Plain">The same without it.</param>
internal sealed record SqliteRound(double Journal, double Raw, double Plain);

/// <summary>The journal on SQLite beside SQLite itself, by turns, with nothing else at work.</summary>
internal static class SqliteRounds
{
    /// <summary>Entities, and rows in a transaction of SQLite itself.</summary>
    public const int Entities = 64;

    /// <summary>As other workloads are called, for <c>--workloads</c>.</summary>
    public const string Workload = "sqlite-journal";

    public const double Floor = 0.25;
    public const double Aim = 0.5;
    private const int WarmRounds = 4;
    private const int WarmRoundsIfQuick = 2;

    public static bool IsIn(CompareOptions options) => options.Workloads?.Contains(Workload) ?? options.Systems.Contains(SystemNames.AkkaHaSqlite);

    public static async Task<IReadOnlyList<SqliteRound>> RunAsync(CompareOptions options, Action<SqliteRound> ended, CancellationToken ct)
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-compare-sqlite-").FullName;
        try
        {
            await using var journal = await JournalWriters.StartAsync(Path.Combine(directory, "node"), Entities);
            using var raw = new RawWriter(Path.Combine(directory, "raw.db"), Entities, withIndex: true);
            using var plain = new RawWriter(Path.Combine(directory, "plain.db"), Entities, withIndex: false);
            var rounds = new List<SqliteRound>();
            for (var round = -(options.Quick ? WarmRoundsIfQuick : WarmRounds); round < options.Pairs; round++)
            {
                var found = new SqliteRound(await journal.PerSecondAsync(options.Time, ct), raw.PerSecond(options.Time), plain.PerSecond(options.Time));
                if (round < 0) continue;
                rounds.Add(found);
                ended(found);
            }
            return rounds;
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(directory, recursive: true);
        }
    }
}
