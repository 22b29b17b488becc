using System.Globalization;
using System.Text.Json;
using AkkaHa.Cli.CommandLine;
using Spectre.Console;

namespace AkkaHa.Cli.Ring;

/// <summary>Prints a <see cref="SimulationReport"/>.</summary>
static class SimulationOutput
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    static readonly string[] Columns =
        ["nodes", "placement", "max/mean", "min/mean", "join moves", "× fair", "by bound", "leave moves", "× fair", "by bound"];

    public static void WriteJson(SimulationReport report, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(report, Json));

    public static void WriteTable(SimulationReport report, TextWriter output)
    {
        var console = Terminal.On(output);
        var table = new Table { Border = Terminal.IsRedirected(output) ? TableBorder.Markdown : TableBorder.Rounded };
        for (var i = 0; i < Columns.Length; i++)
        {
            var column = new TableColumn(Columns[i]);
            table.AddColumn(i == 1 ? column.LeftAligned() : column.RightAligned());
        }

        foreach (var size in report.Sizes)
        {
            foreach (var placement in size.Placements)
                table.AddRow(Row(size, placement));
        }

        output.WriteLine(Invariant($"{report.Shards} shards, {report.Replicas} virtual nodes a node, bound {report.BoundPercent} % of the fair share rounded up"));
        console.Write(table);
        output.WriteLine(Invariant($"{report.Trials} clusters of each size. Balance: the worst of them. Movement: their mean; × fair counts fair shares,"));
        output.WriteLine("of which 'by bound' moves between nodes that were and stay there, because the bound is lower or higher than before.");
    }

    static string[] Row(SizeReport size, PlacementReport placement) =>
    [
        Invariant($"{size.Nodes}"),
        placement.Placement,
        Invariant($"{placement.MaxOverMean:0.00}"),
        Invariant($"{placement.MinOverMean:0.00}"),
        .. Cells(placement.Join),
        .. Cells(placement.Leave),
    ];

    static string[] Cells(Movement movement) =>
    [
        Invariant($"{movement.Fraction * 100:0.00} %"),
        Invariant($"{movement.FairShares:0.00}"),
        movement.ForcedByBound is { } forced ? Invariant($"{forced:0.00}") : "-",
    ];

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
