using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests;

/// <summary>The main job as a newcomer runs it.</summary>
public sealed class DemoTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_demonstration_ends_with_every_promise_held_and_no_process_left()
    {
        var (exitCode, text) = await RunAsync("demo", "--quick");
        output.WriteLine(text);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("BROKEN", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_guard_the_demonstration_fails()
    {
        var (exitCode, text) = await RunAsync("demo", "--quick", "--break", "guard");
        output.WriteLine(text);
        Assert.Equal(1, exitCode);
        Assert.Contains("BROKEN", text, StringComparison.Ordinal);
    }

    /// <summary>As built in its own place, with all that it needs.</summary>
    private static string CliAssembly
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var root = output;
            while (!File.Exists(Path.Combine(root.FullName, "AkkaHa.sln"))) root = root.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
            return Path.Combine(root.FullName, "src", "Cli", "bin", output.Parent!.Name, output.Name, "AkkaHa.Cli.dll");
        }
    }

    private static async Task<(int ExitCode, string Text)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(CliAssembly);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, text + await error);
    }
}
