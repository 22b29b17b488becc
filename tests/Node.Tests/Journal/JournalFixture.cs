using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Servers;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Databases of both kinds; each test has one of its own, since a position is one for all of it.</summary>
public sealed class JournalFixture : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-journal-").FullName;
    private PostgresServer? postgres;
    private int made;

    public static TheoryData<string> Providers => new("sqlite", "postgres");

    public async Task InitializeAsync() => postgres = await PostgresServer.StartAsync();

    internal async Task<TestJournal> NewAsync(string provider, bool withSchema = true)
    {
        var name = $"test{Interlocked.Increment(ref made)}";
        var settings = new NodeSettings
        {
            DataDirectory = Path.Combine(directory, name),
            Storage = new StorageSettings { Provider = provider, ConnectionString = provider == "postgres" ? await CreateAsync(name) : "", MaxConnections = 15 },
        };
        var journal = new TestJournal(new Database(settings), settings);
        if (withSchema) await journal.EnsureSchemaAsync();
        return journal;
    }

    private async Task<string> CreateAsync(string name)
    {
        await using var connection = new NpgsqlConnection(postgres!.ConnectionString);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return postgres.ConnectionString.Replace("Database=akkaha", $"Database={name}", StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        if (postgres is not null) await postgres.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }
}

/// <summary>One server for all.</summary>
[CollectionDefinition(nameof(JournalCollection))]
public sealed class JournalCollection : ICollectionFixture<JournalFixture>;
