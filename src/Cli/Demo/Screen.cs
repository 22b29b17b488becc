using AkkaHa.Cli.CommandLine;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AkkaHa.Cli.Demo;

/// <summary>
/// Where people watch the demo: on a terminal with a table that changes in place, in a file or a pipe with a line every few seconds, without colours.
/// </summary>
sealed class Screen(TextWriter output)
{
    // As wide as the time before a heading.
    const int Indent = 10;
    static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(3);

    readonly IAnsiConsole console = Terminal.On(output);
    readonly bool redirected = Terminal.IsRedirected(output);
    readonly long startedAt = TimeProvider.System.GetTimestamp();
    readonly Lock gate = new();

    /// <summary>Since the demo began.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(startedAt);

    /// <summary>A heading.</summary>
    public void Head(string text)
    {
        lock (gate)
        {
            console.WriteLine();
            console.WriteLine($"[{Elapsed.TotalSeconds,5:0.0} s] {text}", new Style(Color.Aqua, decoration: Decoration.Bold));
        }
    }

    /// <summary>A line below a heading.</summary>
    public void Say(string text) => Say(text, Style.Plain);

    /// <summary>A line that says whether something is as it must be.</summary>
    public void Judge(bool good, string text) => Say($"{(good ? "holds " : "BROKEN")}  {text}", new Style(good ? Color.Green : Color.Red));

    /// <summary>A table to be filled.</summary>
    public Table Table(params string[] columns)
    {
        var table = new Table { Border = redirected ? TableBorder.Markdown : TableBorder.Rounded };
        foreach (var (i, column) in columns.Index()) table.AddColumn(i == 0 ? new TableColumn(column).LeftAligned() : new TableColumn(column).RightAligned());
        return table;
    }

    /// <summary>Prints a table, or whatever.</summary>
    public void Show(IRenderable what)
    {
        lock (gate) console.Write(what);
    }

    /// <summary>Shows how it goes while the work lasts: a terminal by <paramref name="picture"/>, all else by <paramref name="line"/>.</summary>
    public async Task WatchAsync(Func<IRenderable> picture, Func<string> line, Func<Task> work)
    {
        if (!redirected)
        {
            await console.Live(Text.Empty).AutoClear(true).StartAsync(async live =>
            {
                var done = work();
                while (await Task.WhenAny(done, Task.Delay(Refresh)) != done) Update(live, picture());
                await done;
            });
            return;
        }
        var working = work();
        while (await Task.WhenAny(working, Task.Delay(LineEvery)) != working) Say(line());
        await working;
    }

    void Update(LiveDisplayContext live, IRenderable picture)
    {
        lock (gate) live.UpdateTarget(picture);
    }

    void Say(string text, Style style)
    {
        lock (gate)
        {
            // On a terminal, lines that break stay below their beginning.
            if (redirected) console.WriteLine(new string(' ', Indent) + text);
            else console.Write(new Padder(new Text(text, style)).Padding(Indent, 0, 0, 0));
        }
    }
}
