using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>What docs/transactions.md shows is typed, line by line, and must answer as it says there.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task Every_command_of_the_page_answers_as_shown()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        var url = cluster.Nodes[0].HttpUrl;
        var commands = Commands(await File.ReadAllLinesAsync(Page()));
        Assert.True(commands.Count >= 7);
        foreach (var (command, expected) in commands)
            Assert.Equal(expected, await ShellAsync(command.Replace("http://127.0.0.1:5080", url, StringComparison.Ordinal)));
    }

    private static List<(string Command, string Expected)> Commands(string[] lines)
    {
        var commands = new List<(string, string)>();
        for (var i = 0; i + 1 < lines.Length; i++)
            if (lines[i].StartsWith("$ ", StringComparison.Ordinal)) commands.Add((lines[i][2..], lines[i + 1]));
        return commands;
    }

    private static async Task<string> ShellAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", command }, RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return output.TrimEnd();
    }

    private static string Page([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/transactions.md");
}
