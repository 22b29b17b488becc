using System.Diagnostics;
using System.Globalization;

namespace AkkaHa.Servers;

/// <summary>The programs of Debian's PostgreSQL. The server refuses to run as root: it, and what belongs to it, runs as postgres then.</summary>
internal static class PostgresProgram
{
    private static readonly string Binaries = Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Order(StringComparer.Ordinal).Last();

    /// <summary>A temporary directory that the server may use.</summary>
    public static async Task<string> DirectoryAsync()
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-pg-").FullName;
        if (Environment.UserName == "root") await RunAsync("chown", "postgres", directory);
        return directory;
    }

    /// <summary>Makes the files of a server that trusts everybody on this machine.</summary>
    public static Task InitializeAsync(string data) => RunAsPostgresAsync("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync");

    /// <summary>Starts a server on its files, on 127.0.0.1; its log is beside them. Returns when it takes connections.</summary>
    public static Task StartAsync(string data, int port, string options = "") => RunAsPostgresAsync(
        "pg_ctl", "-D", data, "-w", "-l", $"{data}.log", "-o", $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={Path.GetDirectoryName(data)} {options}", "start");

    /// <summary>Stops a server if it runs: <c>fast</c> cuts its clients off, <c>immediate</c> does not even tidy up.</summary>
    public static async Task StopAsync(string data, string mode)
    {
        if (File.Exists(Path.Combine(data, "postmaster.pid"))) await RunAsPostgresAsync("pg_ctl", "-D", data, "-w", "-m", mode, "stop");
    }

    /// <summary>Of the server that runs on these files.</summary>
    public static int ProcessId(string data) => int.Parse(File.ReadLines(Path.Combine(data, "postmaster.pid")).First(), NumberStyles.None, CultureInfo.InvariantCulture);

    public static Task RunAsPostgresAsync(string program, params string[] arguments) => Environment.UserName == "root"
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
