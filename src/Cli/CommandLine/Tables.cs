using Spectre.Console;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Tables for people: with frames on a terminal, as Markdown elsewhere.</summary>
static class Tables
{
    public static void Write(TextWriter output, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = Terminal.IsRedirected(output) ? TableBorder.Markdown : TableBorder.Rounded };
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = Terminal.IsRedirected(output) });
        foreach (var row in rows) table.AddRow([.. row.Select(Markup.Escape)]);
        Terminal.On(output).Write(table);
    }
}
