using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AkkaHa.Cli.Local;
using Npgsql;

namespace AkkaHa.Servers;

/// <summary>A PostgreSQL primary and its synchronous standby: nothing is committed to a client that is not on both disks. As docs/operating.md tells to set them up.</summary>
public sealed class PostgresPair : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;
    private const int Kill = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string directory;
    private readonly int[] ports = LocalCluster.FreePorts(2);

    private PostgresPair(string directory) => this.directory = directory;

    /// <summary>For the nodes: both servers, of which they find the primary by themselves. Each takes 100 connections, three times a node's default <c>Storage:MaxConnections</c> and some more.</summary>
    public string ConnectionString => $"Host=127.0.0.1:{ports[0]},127.0.0.1:{ports[1]};Username=postgres;Database=akkaha";

    /// <summary>The settings that make a node use them.</summary>
    public string[] Settings => ["--AkkaHa:Storage:Provider=postgres", $"--AkkaHa:Storage:ConnectionString={ConnectionString}"];

    /// <summary>The first, before it is killed.</summary>
    public string PrimaryConnectionString => One(ports[0], "akkaha");

    /// <summary>The second.</summary>
    public string StandbyConnectionString => One(ports[1], "akkaha");

    /// <summary>Of both servers; their children are those that work for the connections.</summary>
    public IReadOnlyList<int> ProcessIds => [PostgresProgram.ProcessId(Primary), PostgresProgram.ProcessId(Standby)];

    private string Primary => Path.Combine(directory, "primary");

    private string Standby => Path.Combine(directory, "standby");

    /// <summary>Both run, and every commit on the first waits for the second.</summary>
    public static async Task<PostgresPair> StartAsync()
    {
        var pair = new PostgresPair(await PostgresProgram.DirectoryAsync());
        try
        {
            await PostgresProgram.InitializeAsync(pair.Primary);
            await PostgresProgram.StartAsync(pair.Primary, pair.ports[0], "-c wal_keep_size=1GB");
            await AskAsync(One(pair.ports[0], "postgres"), "CREATE DATABASE akkaha");
            await PostgresProgram.RunAsPostgresAsync(
                "pg_basebackup", "-D", pair.Standby, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync", "-d", $"host=127.0.0.1 port={pair.ports[0]} user=postgres application_name=standby");
            await PostgresProgram.StartAsync(pair.Standby, pair.ports[1]);
            // Only now: the primary would wait for a standby that can't be there yet.
            await AskAsync(pair.PrimaryConnectionString, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
            await AskAsync(pair.PrimaryConnectionString, "SELECT pg_reload_conf()");
            await pair.WaitAsync(async () => await AskAsync(pair.PrimaryConnectionString, "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby'") is "sync", "the standby does not follow");
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// SIGKILL to all processes of the primary at once, as when its machine fails: none gets to finish a commit. Its files are put away, so that nobody can start it
    /// again: beside a promoted standby it would be a second primary.
    /// </summary>
    public void CrashPrimary()
    {
        var server = PostgresProgram.ProcessId(Primary);
        // Stopped, it can neither start another process nor notice that one is gone.
        Send(server, Stop);
        foreach (var child in ChildrenOf(server)) Send(child, Kill);
        Send(server, Kill);
        NpgsqlConnection.ClearAllPools();
        File.Delete(Path.Combine(Primary, "postmaster.pid"));
        Directory.Move(Primary, $"{Primary}.dead");
    }

    /// <summary>Makes the standby a primary; returns when it takes writes.</summary>
    public Task PromoteAsync() => PostgresProgram.RunAsPostgresAsync("pg_ctl", "-D", Standby, "-w", "promote");

    /// <summary>SIGSTOP to the standby: commits wait from now on.</summary>
    public void PauseStandby() => SendAll(Standby, Stop);

    /// <summary>SIGCONT.</summary>
    public void ResumeStandby() => SendAll(Standby, Continue);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        foreach (var data in (string[])[Primary, Standby]) await PostgresProgram.StopAsync(data, "immediate");
        Directory.Delete(directory, recursive: true);
    }

    private static string One(int port, string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database}";

    private static async Task<object?> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task WaitAsync(Func<Task<bool>> holds, string otherwise)
    {
        var since = Stopwatch.StartNew();
        while (!await holds())
        {
            if (since.Elapsed > Patience) throw new TimeoutException($"{otherwise}; see {directory}");
            await Task.Delay(100);
        }
    }

    private static void SendAll(string data, int signal)
    {
        var server = PostgresProgram.ProcessId(data);
        foreach (var process in (int[])[server, .. ChildrenOf(server)]) Send(process, signal);
    }

    private static int[] ChildrenOf(int process) =>
    [
        .. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => int.Parse(c, NumberStyles.None, CultureInfo.InvariantCulture)),
    ];

    private static void Send(int process, int signal)
    {
        // A child may be gone by itself meanwhile.
        const int noSuchProcess = 3;
        if (SendSignal(process, signal) != 0 && Marshal.GetLastPInvokeError() != noSuchProcess)
            throw new InvalidOperationException($"signal {signal} could not be sent to {process}: error {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
