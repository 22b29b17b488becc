using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaHa.Cli.Completion;

/// <summary>
/// Answers <c>akkaha [suggest:POSITION] LINE</c>, by which <see cref="CompletionScripts"/> ask: one word a line that could stand before the cursor. The library's own answer has
/// words too that only contain what was typed, and offers every option where a value is due.
/// </summary>
static partial class Suggestions
{
    const char Dash = '-';

    /// <summary>Whether this was asked for, and is answered.</summary>
    public static bool TryAnswer(RootCommand root, string[] args, TextWriter output)
    {
        if (args.Length == 0 || Directive().Match(args[0]) is not { Success: true } directive) return false;
        var line = args.Length > 1 ? args[1] : "";
        var before = int.TryParse(directive.Groups["position"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position < line.Length ? line[..position] : line;
        foreach (var word in Of(root, before)) output.WriteLine(word);
        return true;
    }

    /// <param name="root">akkaha.</param>
    /// <param name="before">What stands before the cursor, without the command's own name.</param>
    static IEnumerable<string> Of(RootCommand root, string before)
    {
        var typed = before[(before.LastIndexOf(' ') + 1)..];
        return root.Parse(before).GetCompletions(before.Length).Select(c => c.Label)
            .Where(w => w.StartsWith(typed, StringComparison.Ordinal) && (w[0] == Dash ? typed.StartsWith(Dash) && w != "-?" : w[0] != '/')).Distinct();
    }

    [GeneratedRegex(@"^\[suggest(:(?<position>\d+))?\]$")]
    private static partial Regex Directive();
}
