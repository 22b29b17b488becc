using System.Globalization;
using System.Text.Json;
using AkkaHa.Load;

namespace AkkaHa.Growth;

/// <summary>One thing that grows, and what that does.</summary>
internal interface IExperiment
{
    /// <summary>As the command has it.</summary>
    string Name { get; }

    /// <summary>For people.</summary>
    string What { get; }

    /// <summary>What grows is measured at these, unless told otherwise.</summary>
    IReadOnlyList<int> Sizes { get; }

    /// <summary>Measures, prints a table, writes the figures and draws.</summary>
    /// <returns>How many operations failed.</returns>
    Task<long> RunAsync(Plan plan, CancellationToken ct);

    /// <summary>Draws what a file says that was found.</summary>
    void Draw(JsonElement rows, string directory);
}

/// <summary>One column of a table for people.</summary>
internal sealed record Column<TRow>(string Title, Func<TRow, FormattableString> Cell);

/// <inheritdoc cref="IExperiment" />
internal abstract class Experiment<TRow>(string name, string what, params IReadOnlyList<int> sizes) : IExperiment
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<string> notes = [];

    public string Name => name;

    public string What => what;

    public IReadOnlyList<int> Sizes => sizes;

    /// <summary>The first of them says the size.</summary>
    protected abstract IReadOnlyList<Column<TRow>> Columns { get; }

    protected abstract IAsyncEnumerable<TRow> MeasureAsync(Plan plan, CancellationToken ct);

    protected abstract IEnumerable<Picture> Pictures(IReadOnlyList<TRow> rows);

    protected abstract IEnumerable<Measured> LoadsOf(TRow row);

    public async Task<long> RunAsync(Plan plan, CancellationToken ct)
    {
        var (at, load, rows) = (DateTimeOffset.UtcNow, Machine.Load, new List<TRow>());
        async Task WriteAsync()
        {
            if (plan.Json is { } file)
            {
                var all = new { Experiment = Name, At = at, Machine.Commit, Machine.Processor, Machine.Cores, LoadBefore = load, MeasuredSeconds = plan.Time.TotalSeconds, Notes = notes, Rows = rows };
                await File.WriteAllTextAsync(file, JsonSerializer.Serialize(all, Json), ct);
            }
        }

        // After each: what was measured stays, whatever happens to the rest.
        await foreach (var row in MeasureAsync(plan, ct))
        {
            rows.Add(row);
            await WriteAsync();
        }
        await WriteAsync();
        Say($"");
        Say($"{at:yyyy-MM-dd HH:mm} UTC, commit {Machine.Commit}, {Machine.Cores} cores for all, measurements of {plan.Time.TotalSeconds:0.#} s; load of the machine before: {load:0.0}");
        Say($"");
        Say($"{Table(rows)}");
        if (plan.Pictures is { } directory) Draw(rows, directory);
        return rows.SelectMany(LoadsOf).Sum(l => l.Errors);
    }

    public void Draw(JsonElement rows, string directory) => Draw(rows.Deserialize<List<TRow>>(Json)!, directory);

    /// <summary>Tells whoever waits.</summary>
    protected static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>The same, and it is kept with the figures.</summary>
    protected void Note(FormattableString text)
    {
        Say(text);
        notes.Add(text.ToString(CultureInfo.InvariantCulture));
    }

    private void Draw(IReadOnlyList<TRow> rows, string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var picture in Pictures(rows)) picture.Save(directory);
    }

    private string Table(IReadOnlyList<TRow> rows)
    {
        string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
        return string.Join('\n', (string[])
        [
            Line(Columns.Select(c => c.Title)),
            Line(Columns.Select(_ => "---")),
            .. rows.Select(r => Line(Columns.Select(c => c.Cell(r).ToString(CultureInfo.InvariantCulture)))),
        ]);
    }
}
