using System.Diagnostics;

namespace AkkaHa.Cluster.Tests;

/// <summary><c>akkaha</c> as a process, as its users have it.</summary>
internal static class Cli
{
    /// <summary>As built in its own place, with all that it needs.</summary>
    private static string Assembly
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var root = output;
            while (!File.Exists(Path.Combine(root.FullName, "AkkaHa.sln"))) root = root.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
            return Path.Combine(root.FullName, "src", "Cli", "bin", output.Parent!.Name, output.Name, "AkkaHa.Cli.dll");
        }
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Assembly);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public static async Task<(int ExitCode, string Text)> RunAsync(TimeSpan patience, params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync().WaitAsync(patience);
        await process.WaitForExitAsync().WaitAsync(patience);
        return (process.ExitCode, text + await error);
    }
}
