using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace AkkaHa.Cluster.Tests.Upgrade;

/// <summary>The version that was last published before this one, as <c>previous-version.txt</c> says, built from the repository's own history beside the tests. It is written there when a version is published.</summary>
internal sealed class PreviousVersion
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private PreviousVersion(string directory) => Cli = Path.Combine(directory, "src", "Cli", "bin", "Debug", "net10.0", "AkkaHa.Cli.dll");

    /// <summary>Its <c>akkaha</c>.</summary>
    public string Cli { get; }

    /// <summary>Its node.</summary>
    public string Node => Path.Combine(Path.GetDirectoryName(Cli)!, "node", "AkkaHa.Node.dll");

    public static async Task<PreviousVersion> BuildAsync([CallerFilePath] string here = "")
    {
        var commit = (await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(here)!, "previous-version.txt"))).Trim();
        var directory = Path.Combine(AppContext.BaseDirectory, "previous", commit[..12]);
        var built = new PreviousVersion(directory);
        if (File.Exists(built.Node) && File.Exists(built.Cli)) return built;
        Directory.CreateDirectory(directory);
        var archive = Path.Combine(directory, "source.tar");
        await RunAsync(Path.GetDirectoryName(here)!, "git", "-C", await RunAsync(Path.GetDirectoryName(here)!, "git", "rev-parse", "--show-toplevel"), "archive", "--output", archive, commit);
        await RunAsync(directory, "tar", "-xf", archive);
        File.Delete(archive);
        await RunAsync(directory, "dotnet", "build", "src/Cli", "-v", "quiet");
        return built;
    }

    private static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // What the tests' own build has put there is not this one's.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k == "DOTNET_HOST_PATH").ToArray()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{await error}");
        return output.Trim();
    }
}
