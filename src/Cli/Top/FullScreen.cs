using AkkaHa.Cli.CommandLine;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AkkaHa.Cli.Top;

/// <summary>
/// A terminal's second screen, which is painted over line by line (so it does not flicker) and left as the first one was. Whoever disposes it has the terminal back, however it ended.
/// </summary>
sealed class FullScreen : IDisposable
{
    const string Enter = "\e[?1049h\e[?25l\e[H\e[2J";
    const string Leave = "\e[?25h\e[?1049l";
    const string Home = "\e[H";
    const string ClearLine = "\e[K";
    const string ClearBelow = "\e[J";

    readonly TextWriter terminal;
    readonly Func<(int Width, int Height)> size;

    public FullScreen(TextWriter terminal, Func<(int Width, int Height)> size)
    {
        (this.terminal, this.size) = (terminal, size);
        terminal.Write(Enter);
        terminal.Flush();
    }

    /// <summary>Paints over what was there. What has no room at the bottom is left out, and the last line says so.</summary>
    public void Paint(IRenderable picture, string below)
    {
        // A terminal that has not been told its size says 0.
        var (width, height) = size() is var said && said is { Width: > 0, Height: > 0 } ? said : (80, 24);
        using var painted = new StringWriter();
        var console = Terminal.Painting(painted, width);
        console.Write(picture);
        var lines = painted.ToString().TrimEnd().Split('\n').Select(l => l.TrimEnd('\r')).ToList();
        var room = Math.Max(1, height - 1);
        if (lines.Count > room) lines = [.. lines.Take(room - 1), "… the window has no room for more"];
        var screen = Home + string.Concat(lines.Select(l => l + ClearLine + "\r\n")) + (below.Length >= width ? below[..(width - 1)] : below) + ClearLine + ClearBelow;
        terminal.Write(screen);
        terminal.Flush();
    }

    public void Dispose()
    {
        terminal.Write(Leave);
        terminal.Flush();
    }
}
