using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Servers;
using Xunit;

namespace AkkaHa.Node.Tests.Ownership;

/// <summary>Databases of both kinds, empty; each test has shards and nodes of its own.</summary>
public sealed class OwnershipFixture : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-ownership-").FullName;
    private PostgresServer? postgres;
    private int nextShard;

    public async Task InitializeAsync()
    {
        postgres = await PostgresServer.StartAsync();
        foreach (var provider in new[] { "sqlite", "postgres" }) await new Schema(Open(provider), Settings(provider)).EnsureAsync(default);
    }

    public int NextShard() => Interlocked.Increment(ref nextShard);

    internal Database Open(string provider) => new(Settings(provider));

    internal static OwnershipStore Store(Database database, RuleSwitches? rules = null) => new(database, new LeaseStore(database), rules ?? RuleSwitches.AllOn);

    /// <summary>A node that has entered itself, and never renews unless told to. Each at an address of its own, unless one is given.</summary>
    internal static async Task<string> NodeAsync(Database database, string? host = null, long leaseMs = LeaseTimings.DefaultLeaseMs)
    {
        var node = $"akka.tcp://AkkaHa@{host ?? Guid.NewGuid().ToString("N")}:1 {Guid.NewGuid():N}";
        await new LeaseStore(database).RegisterAsync(node, leaseMs, default);
        return node;
    }

    internal static LeaseReading Renew(Database database, string node)
    {
        using var connection = database.OpenLease();
        return LeaseStore.Renew(connection, node);
    }

    public async Task DisposeAsync()
    {
        if (postgres is not null) await postgres.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }

    private NodeSettings Settings(string provider) => new()
    {
        DataDirectory = directory, Storage = new StorageSettings { Provider = provider, ConnectionString = provider == "postgres" ? postgres!.ConnectionString : "" },
    };
}
