using System.Diagnostics;
using AkkaHa.Cli.Local;
using Npgsql;

namespace AkkaHa.Servers;

/// <summary>A PostgreSQL server of Debian's packages, for the tests alone: on a free port, with its data in a temporary directory.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly string Binaries = Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Order(StringComparer.Ordinal).Last();

    // Connections of killed or cut-off nodes stay for a while beside those of their successors.
    private const int Connections = 500;
    private const int StartTries = 20;

    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-pg-").FullName;
    private readonly int port = LocalCluster.FreePorts(1)[0];

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port => port;

    /// <summary>For the nodes.</summary>
    public string ConnectionString => ConnectionStringThrough(port);

    /// <summary>The settings that make a node use it.</summary>
    public string[] Settings => ["--AkkaHa:Storage:Provider=postgres", $"--AkkaHa:Storage:ConnectionString={ConnectionString}"];

    /// <summary>For a node that reaches it by another port, through a proxy.</summary>
    public static string ConnectionStringThrough(int port) => $"Host=127.0.0.1;Port={port};Username=postgres;Database=akkaha";

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        await RunAsync("chown", "postgres", server.directory);
        await AsPostgresAsync("initdb", "-D", server.Data, "-A", "trust", "-U", "postgres", "--no-sync");
        await server.UpAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString.Replace("Database=akkaha", "Database=postgres", StringComparison.Ordinal));
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand("CREATE DATABASE akkaha", connection);
        await create.ExecuteNonQueryAsync();
        return server;
    }

    private string Data => Path.Combine(directory, "data");

    /// <summary>Starts the server again after <see cref="DownAsync"/> or <see cref="KillAsync"/>.</summary>
    public async Task UpAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await AsPostgresAsync("pg_ctl", "-D", Data, "-w", "-l", Path.Combine(directory, "log"), "-o",
                    $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory} -c max_connections={Connections}", "start");
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
        using var server = Process.GetProcessById(int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0], System.Globalization.CultureInfo.InvariantCulture));
        server.Kill();
        await server.WaitForExitAsync();
    }

    /// <summary>Stops the server, cutting its clients off.</summary>
    public Task DownAsync() => AsPostgresAsync("pg_ctl", "-D", Data, "-w", "-m", "fast", "stop");

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) await AsPostgresAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");
        Directory.Delete(directory, recursive: true);
    }

    // The server refuses to run as root.
    private static Task AsPostgresAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", Path.Combine(Binaries, program), .. arguments])
        : RunAsync(Path.Combine(Binaries, program), arguments);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // No redirection: the server would inherit the pipes and hold them open.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = "/tmp" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" >/dev/null 2>&1 </dev/null");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
