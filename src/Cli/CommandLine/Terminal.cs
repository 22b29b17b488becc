using Spectre.Console;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Where commands print what people read.</summary>
static class Terminal
{
    // Wide enough for every table here: in a file or a pipe a broken line helps nobody.
    const int RedirectedWidth = 200;

    /// <summary>https://no-color.org: set and not empty, whatever to.</summary>
    static bool NoColor => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    /// <summary>A console on <paramref name="output"/>: colours and line breaks on a terminal only.</summary>
    public static IAnsiConsole On(TextWriter output)
    {
        var redirected = IsRedirected(output);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected || NoColor ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
            Out = new AnsiConsoleOutput(output),
        });
        if (redirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }

    /// <summary>A console that writes what a terminal of this width is to show, to be put there later.</summary>
    public static IAnsiConsole Painting(TextWriter painted, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = NoColor ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(painted),
        });
        console.Profile.Width = width;
        return console;
    }

    /// <summary>Whether a machine, not a person, reads this.</summary>
    public static bool IsRedirected(TextWriter output) => output != Console.Out || Console.IsOutputRedirected;
}
