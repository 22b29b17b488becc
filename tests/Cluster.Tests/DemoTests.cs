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
        var (exitCode, text) = await Cli.RunAsync(Patience, "demo", "--quick");
        output.WriteLine(text);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("BROKEN", text, StringComparison.Ordinal);
        Assert.Empty(NodesOf(text));
    }

    [LongFact]
    public Task Killed_it_leaves_no_process() => EndAsync(9);

    [LongFact]
    public Task Interrupted_it_leaves_no_process() => EndAsync(2);

    private static async Task EndAsync(int signal)
    {
        using var process = Cli.Start("demo", "--quick");
        var text = new System.Text.StringBuilder();
        try
        {
            while (!text.ToString().Contains("Ready after", StringComparison.Ordinal))
                text.AppendLine(await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException($"it ended by itself: {text}"));
            Assert.Equal(3, NodesOf(text.ToString()).Count);
            using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
            await process.WaitForExitAsync().WaitAsync(Patience);
            await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(NodesOf(text.ToString()).Count == 0), "nodes stayed behind");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Processes that name the demonstration's directory.</summary>
    private static List<string> NodesOf(string text)
    {
        var directory = System.Text.RegularExpressions.Regex.Match(text, @"/\S*/akkaha-\w+").Value;
        Assert.NotEmpty(directory);
        var found = new List<string>();
        foreach (var process in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (command.Contains(directory, StringComparison.Ordinal)) found.Add(command);
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }
        return found;
    }

    [LongFact]
    public async Task Without_the_guard_the_demonstration_fails()
    {
        var (exitCode, text) = await Cli.RunAsync(Patience, "demo", "--quick", "--break", "guard");
        output.WriteLine(text);
        Assert.Equal(1, exitCode);
        Assert.Contains("BROKEN", text, StringComparison.Ordinal);
    }
}
