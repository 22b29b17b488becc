using System.Diagnostics;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>Completion as a shell does it: with the real script and the real program.</summary>
public sealed class CompletionTests
{
    [Fact]
    public async Task Bash_completes_commands_options_and_their_values()
    {
        // As bash would call it when TAB is pressed behind each of these.
        string[] lines = ["akkaha ri", "akkaha kv put k v --if", "akkaha lock run nightly --mode s", "akkaha completion ", "akkaha nonsense --no"];
        var script = $$"""
            akkaha() { dotnet '{{Cli.Assembly}}' "$@"; }
            source <(akkaha completion bash)
            for line in {{string.Join(' ', lines.Select(l => $"'{l}'"))}}; do
              COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
              word=${line##* }
              _akkaha akkaha "$word" ''
              echo "${COMPREPLY[*]}"
            done
            complete -p akkaha
            """;
        var (code, output) = await BashAsync(script);
        Assert.Equal(0, code);
        Assert.Equal(["ring", "--if-revision", "semaphore shared", "bash fish pwsh zsh", "", "complete -o bashdefault -o default -F _akkaha akkaha"], output.TrimEnd('\n').Split('\n').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    private static async Task<(int ExitCode, string Output)> BashAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash") { ArgumentList = { "-c", script }, RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await bash.StandardOutput.ReadToEndAsync().WaitAsync(ClusterUnderTest.Patience);
        await bash.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        return (bash.ExitCode, output);
    }
}
