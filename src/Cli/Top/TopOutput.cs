using AkkaHa.Cli.CommandLine;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AkkaHa.Cli.Top;

/// <summary>Prints a frame: once, or as a picture that fills a terminal.</summary>
static class TopOutput
{
    /// <summary>For a file, a pipe, or <c>--once</c>.</summary>
    public static void Write(TextWriter output, TopFrame frame)
    {
        var first = true;
        foreach (var section in TopText.Of(frame))
        {
            if (!first && section.Columns.Length > 0) output.WriteLine();
            first = false;
            output.WriteLine(section.Title);
            if (section.Columns.Length > 0) Tables.Write(output, section.Columns, section.Rows.Select(r => r.Cells));
        }
    }

    /// <summary>For a terminal that is written over again and again.</summary>
    public static IRenderable Picture(TopFrame frame)
    {
        var parts = new List<IRenderable>();
        foreach (var section in TopText.Of(frame))
        {
            if (parts.Count > 0 && section.Columns.Length > 0) parts.Add(new Text(" "));
            parts.Add(new Text(section.Title, new Style(ColorOf(section.Tone), decoration: Decoration.Bold)));
            if (section.Columns.Length == 0) continue;
            var table = new Table { Border = TableBorder.None };
            foreach (var column in section.Columns) table.AddColumn(new TableColumn(new Text(column, new Style(Color.Grey))));
            foreach (var row in section.Rows) table.AddRow(row.Cells.Select(c => new Text(c, new Style(ColorOf(row.Tone))) { Overflow = Overflow.Ellipsis }));
            parts.Add(table);
        }
        return new Rows(parts);
    }

    static Color ColorOf(Tone tone) => tone switch
    {
        Tone.Bad => Color.Red,
        Tone.Warn => Color.Yellow,
        _ => Color.Default,
    };
}
