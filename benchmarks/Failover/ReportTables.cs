using System.Globalization;
using Spectre.Console;

namespace AkkaHa.Failover;

/// <summary>A report for people.</summary>
internal static class ReportTables
{
    public static void Print(Report report, IAnsiConsole console)
    {
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        var table = new Table().Border(TableBorder.Markdown);
        foreach (var column in (string[])["side", "killed", "kills", "gap: median", "p90", "worst", "all answer: median", "worst", "other nodes: median", "worst", "coming back: median", "worst"])
            table.AddColumn(column.Replace(":", ",", StringComparison.Ordinal));
        foreach (var s in report.Summaries)
        {
            table.AddRow(
                s.Side, s.Turn, $"{s.Kills}", S(s.Victim.Median), S(s.Victim.P90), S(s.Victim.Worst), S(s.AllAnswer.Median), S(s.AllAnswer.Worst),
                s.Side == "etcd" ? "" : S(s.Others.Median), s.Side == "etcd" ? "" : S(s.Others.Worst), S(s.Back.Median), S(s.Back.Worst));
        }
        console.WriteLine();
        console.Write(table);
        console.WriteLine($"Seconds. A hot key's reads are sent every {S(report.HotKeyAskedEvery)}, its writes too: that much of each gap is the question. Other keys': every {S(report.AnyKeyAskedEvery)}.");
        foreach (var goal in report.Goals)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(goal.Reached ? "reached" : "MISSED ")}  {goal.What}: {goal.Seconds:0.00} (goal: at most {goal.AtMost:0.0})"));
    }

    private static string S(TimeSpan time) => time == TimeSpan.MaxValue ? "never" : time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
}
