using System.Globalization;
using ScottPlot;

namespace AkkaHa.Growth;

/// <summary>Figures of one kind, by size.</summary>
internal sealed record Line(string Name, IEnumerable<(double Size, double Figure)> Points);

/// <summary>Lines over what grows, each size at the same distance from the next; drawn twice, for light and for dark pages.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Title">What is seen.</param>
/// <param name="Across">What grows.</param>
/// <param name="Lines">From 0 upwards.</param>
internal sealed record Picture(string Name, string Title, string Across, params IReadOnlyList<Line> Lines)
{
    private const int Width = 760;
    private const int Height = 340;
    // Of the same widths: letters are put where they belong one by one.
    private const string Font = "DejaVu Sans";
    private const string Fonts = "DejaVu Sans, Verdana, sans-serif";
    private static readonly Theme[] Themes =
    [
        new("light", "#ffffff", "#1f2328", "#d1d9e0", ["#0969da", "#bc4c00", "#1a7f37", "#8250df"]),
        new("dark", "#0d1117", "#f0f6fc", "#3d444d", ["#4493f8", "#db6d28", "#3fb950", "#ab7df8"]),
    ];

    private static readonly MarkerShape[] Markers = [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond];

    private sealed record Theme(string Name, string Paper, string Ink, string Grid, string[] Lines);

    /// <summary>Writes <c>growth-NAME-light.svg</c> and <c>-dark.svg</c>.</summary>
    public void Save(string directory)
    {
        foreach (var theme in Themes) File.WriteAllText(Path.Combine(directory, $"growth-{Name}-{theme.Name}.svg"), Draw(theme));
    }

    private string Draw(Theme theme)
    {
        using var plot = new Plot();
        double[] sizes = [.. Lines.SelectMany(l => l.Points).Select(p => p.Size).Distinct().Order()];
        for (var i = 0; i < Lines.Count; i++)
        {
            double[] across = [.. Lines[i].Points.Select(p => (double)Array.IndexOf(sizes, p.Size))];
            double[] up = [.. Lines[i].Points.Select(p => p.Figure)];
            var drawn = plot.Add.Scatter(across, up, Color.FromHex(theme.Lines[i]));
            (drawn.LegendText, drawn.LineWidth, drawn.MarkerSize, drawn.MarkerShape) = (Lines[i].Name, 2, 8, Markers[i]);
        }
        plot.Title(Title, 15);
        plot.XLabel(Across, 13);
        plot.Axes.Bottom.SetTicks([.. sizes.Select((_, i) => (double)i)], [.. sizes.Select(s => s.ToString("N0", CultureInfo.InvariantCulture))]);
        plot.Axes.SetLimits(-0.2, sizes.Length - 0.8, 0, Math.Max(1e-9, Lines.SelectMany(l => l.Points).Max(p => p.Figure)) * 1.12);
        (plot.FigureBackground.Color, plot.DataBackground.Color, plot.Grid.MajorLineColor) = (Color.FromHex(theme.Paper), Color.FromHex(theme.Paper), Color.FromHex(theme.Grid));
        plot.Axes.Color(Color.FromHex(theme.Ink));
        (plot.Legend.BackgroundColor, plot.Legend.FontColor, plot.Legend.OutlineColor) = (Color.FromHex(theme.Paper), Color.FromHex(theme.Ink), Color.FromHex(theme.Grid));
        plot.ShowLegend(Edge.Right);
        plot.Font.Set(Font);
        return plot.GetSvgXml(Width, Height).Replace($"\"{Font}\"", $"\"{Fonts}\"", StringComparison.Ordinal);
    }
}
