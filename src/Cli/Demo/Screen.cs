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
    readonly Queue<Action> heldBack = [];
    bool watching;

    /// <summary>Since the demo began.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(startedAt);

    /// <summary>A heading.</summary>
    public void Head(string text)
    {
        var heading = $"[{Elapsed.TotalSeconds,5:0.0} s] {text}";
        Print(() =>
        {
            console.WriteLine();
            console.WriteLine(heading, new Style(Color.Aqua, decoration: Decoration.Bold));
        });
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
    public void Show(IRenderable what) => Print(() => console.Write(what));

    /// <summary>Shows how it goes while the work lasts: a terminal by <paramref name="picture"/>, all else by <paramref name="line"/>.</summary>
    public async Task WatchAsync(Func<IRenderable> picture, Func<string> line, Func<Task> work)
    {
        if (redirected)
        {
            var going = work();
            while (await Task.WhenAny(going, Task.Delay(LineEvery)) != going) Say(line());
            await going;
            return;
        }
        lock (gate) watching = true;
        var working = work();
        try
        {
            // What is said meanwhile appears above the picture, which is taken away for it.
            while (!working.IsCompleted)
            {
                await console.Live(picture()).AutoClear(true).StartAsync(async live =>
                {
                    while (!HasHeldBack() && await Task.WhenAny(working, Task.Delay(Refresh)) != working) live.UpdateTarget(picture());
                });
                PrintHeldBack();
            }
        }
        finally
        {
            lock (gate) watching = false;
            PrintHeldBack();
        }
        await working;
    }

    // On a terminal, lines that break stay below their beginning.
    void Say(string text, Style style) => Print(() =>
    {
        if (redirected) console.WriteLine(new string(' ', Indent) + text);
        else console.Write(new Padder(new Text(text, style)).Padding(Indent, 0, 0, 0));
    });

    void Print(Action print)
    {
        lock (gate)
        {
            if (watching) heldBack.Enqueue(print);
            else print();
        }
    }

    bool HasHeldBack()
    {
        lock (gate) return heldBack.Count > 0;
    }

    void PrintHeldBack()
    {
        lock (gate)
        {
            while (heldBack.TryDequeue(out var print)) print();
        }
    }
}
