using System.CommandLine;
using System.CommandLine.Invocation;
using AkkaHa.Cli.Completion;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Runs a parsed command line with akkaha's own exit code for a wrong one.</summary>
static class Invocation
{
    // After Ctrl-C: enough to end child processes, where the library would leave after two seconds whatever is still open.
    static readonly TimeSpan CleanUpWithin = TimeSpan.FromSeconds(15);

    /// <summary>The exit code: the command's own, or <see cref="ExitCode.Usage"/> with the reasons on standard error.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        if (Suggestions.TryAnswer(root, args, Console.Out)) return ExitCode.Ok;
        var parsed = root.Parse(args);

        // Asking for help wins over errors, so the errors alone do not tell. The library would answer 1 and print the whole help.
        if (parsed.Action is not ParseErrorAction)
        {
            parsed.InvocationConfiguration.ProcessTerminationTimeout = parsed.CommandResult.Command is ExampleCommand { TakesSignals: true } ? null : CleanUpWithin;
            return await parsed.InvokeAsync();
        }

        foreach (var complaint in Complaints(parsed))
            await parsed.InvocationConfiguration.Error.WriteLineAsync(complaint);
        await parsed.InvocationConfiguration.Error.WriteLineAsync("--help tells what there is.");
        return ExitCode.Usage;
    }

    /// <summary>What is wrong with it. Of a verb that there is not, or that is missing, the library says the word alone, and twice.</summary>
    public static IEnumerable<string> Complaints(ParseResult parsed)
    {
        var at = parsed.CommandResult;
        var word = parsed.UnmatchedTokens.FirstOrDefault();
        if (at.Command.Subcommands.Count == 0 || word?.StartsWith('-') is true) return parsed.Errors.Select(e => e.Message);
        var path = at.Parent is null ? AkkahaCommand.Name : $"{AkkahaCommand.Name} {at.Command.Name}";
        var verbs = string.Join(", ", at.Command.Subcommands.Select(c => c.Name));
        return [word is null ? $"{path} needs a verb: {verbs}" : $"there is no '{path} {word}'. There are: {verbs}"];
    }
}
