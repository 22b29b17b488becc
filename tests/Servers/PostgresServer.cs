using System.Diagnostics;
using AkkaHa.Cli.Local;
using Npgsql;

namespace AkkaHa.Servers;

/// <summary>A PostgreSQL server of Debian's packages, for the tests alone: on a free port, with its data in a temporary directory.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // Connections of killed or cut-off nodes stay for a while beside those of their successors.
    private const int Connections = 500;
    private const int StartTries = 20;

    private readonly string directory;
    private readonly int port = LocalCluster.FreePorts(1)[0];

    private PostgresServer(string directory) => this.directory = directory;

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port => port;

    /// <summary>Of the server; its children are those that work for the connections.</summary>
    public int ProcessId => PostgresProgram.ProcessId(Data);

    /// <summary>For the nodes.</summary>
    public string ConnectionString => ConnectionStringThrough(port);

    /// <summary>Nodes are given it, and the server asks nobody for one: it must be in no log.</summary>
    public const string Password = "not-to-be-logged";

    /// <summary>The settings that make a node use it.</summary>
    public string[] Settings => ["--AkkaHa:Storage:Provider=postgres", $"--AkkaHa:Storage:ConnectionString={ConnectionString};Password={Password}"];

    /// <summary>For a node that reaches it by another port, through a proxy.</summary>
    public static string ConnectionStringThrough(int port) => $"Host=127.0.0.1;Port={port};Username=postgres;Database=akkaha";

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

    /// <summary>Runs these, one after the other.</summary>
    public async Task ExecuteAsync(params string[] commands)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        foreach (var text in commands)
        {
            await using var command = new NpgsqlCommand(text, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private string Data => Path.Combine(directory, "data");

    /// <summary>Starts the server again after <see cref="DownAsync"/> or <see cref="KillAsync"/>.</summary>
    public async Task UpAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await PostgresProgram.StartAsync(Data, port, $"-c max_connections={Connections}");
                return;
            }
            catch (InvalidOperationException) when (tries < StartTries)
            {
                // After a kill its children take a moment to notice, and until then their memory is in use.
                await Task.Delay(500);
            }
        }
    }

    /// <summary>SIGKILL to the server; its children end by themselves.</summary>
    public async Task KillAsync()
    {
        using var server = Process.GetProcessById(ProcessId);
        server.Kill();
        await server.WaitForExitAsync();
    }

    /// <summary>Stops the server, cutting its clients off.</summary>
    public Task DownAsync() => PostgresProgram.StopAsync(Data, "fast");

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await PostgresProgram.StopAsync(Data, "immediate");
        Directory.Delete(directory, recursive: true);
    }
}
