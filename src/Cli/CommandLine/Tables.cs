using Spectre.Console;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Tables for people: with frames on a terminal, as Markdown elsewhere.</summary>
static class Tables
{
    public static void Write(TextWriter output, string[] columns, IEnumerable<string[]> rows)
    {
        if (Terminal.IsRedirected(output))
        {
            WriteMarkdown(output, [columns, .. rows]);
            return;
        }
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns) table.AddColumn(Markup.Escape(column));
        foreach (var row in rows) table.AddRow([.. row.Select(Markup.Escape)]);
        Terminal.On(output).Write(table);
    }

    // By hand: nothing is broken into lines, however long it is.
    static void WriteMarkdown(TextWriter output, List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => Math.Max(3, r[i].Length))).ToArray();
        rows.Insert(1, [.. widths.Select(w => new string('-', w))]);
        foreach (var row in rows) output.WriteLine($"| {string.Join(" | ", row.Select((cell, i) => cell.PadRight(widths[i])))} |");
    }
}
