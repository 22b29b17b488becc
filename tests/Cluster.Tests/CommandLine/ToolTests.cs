using System.Diagnostics;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary><c>akkaha</c> as a .NET tool: packed, installed and run as a user would.</summary>
public sealed class ToolTests
{
    [LongFact]
    public async Task The_tool_can_be_packed_and_installed_and_brings_the_nodes_of_its_demo_with_it()
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-tool-").FullName;
        try
        {
            await RunAsync("dotnet", "pack", Path.Combine(HelpTests.Repository(), "src", "Cli"), "-o", directory, "-v", "quiet", "-nologo");
            await RunAsync("dotnet", "tool", "install", "AkkaHa.Cli", "--tool-path", Path.Combine(directory, "bin"), "--add-source", directory);
            var akkaha = Path.Combine(directory, "bin", "akkaha");
            Assert.Contains("akkaha bench put", await RunAsync(akkaha, "bench", "--help"), StringComparison.Ordinal);
            Assert.Contains("All of it holds.", await RunAsync(akkaha, "demo", "--quick"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // Not the build's own: a compiler that outlives it would hold our pipes.
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(15));
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{await error}");
        return output;
    }
}
