using AkkaHa.Cli.Local;
using Npgsql;

namespace AkkaHa.Servers;

/// <summary>A PostgreSQL server of Debian's packages, for the tests alone: on a free port, with its data in a temporary directory.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string directory;
    private readonly int port = LocalCluster.FreePorts(1)[0];

    private PostgresServer(string directory) => this.directory = directory;

    /// <summary>For the nodes.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={port};Username=postgres;Database=akkaha";

    /// <summary>The settings that make a node use it.</summary>
    public string[] Settings => ["--AkkaHa:Storage:Provider=postgres", $"--AkkaHa:Storage:ConnectionString={ConnectionString}"];

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer(await PostgresProgram.DirectoryAsync());
        await PostgresProgram.InitializeAsync(server.Data);
        await server.UpAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString.Replace("Database=akkaha", "Database=postgres", StringComparison.Ordinal));
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand("CREATE DATABASE akkaha", connection);
        await create.ExecuteNonQueryAsync();
        return server;
    }

    private string Data => Path.Combine(directory, "data");

    /// <summary>Starts the server again after <see cref="DownAsync"/>.</summary>
    public Task UpAsync() => PostgresProgram.StartAsync(Data, port);

    /// <summary>Stops the server, cutting its clients off.</summary>
    public Task DownAsync() => PostgresProgram.StopAsync(Data, "fast");

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await PostgresProgram.StopAsync(Data, "immediate");
        Directory.Delete(directory, recursive: true);
    }
}
