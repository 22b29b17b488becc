using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>What people see: the program on a terminal of its own, which <c>script</c> makes.</summary>
public sealed partial class TerminalTests(OneNode one) : IClassFixture<OneNode>
{
    [Fact]
    public async Task What_takes_long_says_how_far_it_is_and_wipes_it_away()
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-terminal-").FullName;
        try
        {
            var shown = await OnTerminalAsync($"backup '{Path.Combine(directory, "all.gz")}'");
            Assert.Contains("\r\e[Kbackup: ", shown, StringComparison.Ordinal);
            Assert.Matches(WipedBeforeTheResult(), shown);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<string> OnTerminalAsync(string arguments)
    {
        using var process = Start(arguments);
        var shown = await process.StandardOutput.ReadToEndAsync().WaitAsync(ClusterUnderTest.Patience);
        await process.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.True(process.ExitCode == 0, shown);
        return shown;
    }

    private Process Start(string arguments)
    {
        var start = new ProcessStartInfo("script")
        {
            ArgumentList = { "-qec", $"dotnet '{Cli.Assembly}' {arguments} --endpoint {one.Cluster.Local.Endpoints}", "/dev/null" }, RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        start.Environment["TERM"] = "xterm-256color";
        return Process.Start(start)!;
    }

    [GeneratedRegex(@"backup: .*\r\x1b\[K[^\r\n]*all\.gz: ", RegexOptions.Singleline)]
    private static partial Regex WipedBeforeTheResult();
}
