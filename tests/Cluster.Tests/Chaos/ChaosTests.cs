using AkkaHa.Chaos;
using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Nemeses;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>A short piece of what tests/Chaos does for as long as one likes, from a fixed seed.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    [ChaosFact]
    public async Task Every_nemesis_at_work_breaks_no_promise()
    {
        var figures = await RunAsync(new ChaosOptions { Time = TimeSpan.FromSeconds(90), Seed = 20, Between = TimeSpan.FromSeconds(3) });
        Assert.Equal(0, figures.ViolationCount);
        Assert.Empty(Nemesis.All.Select(n => n.Name).Except(figures.Nemeses.Keys));
    }

    [ChaosFact]
    public async Task Nodes_and_databases_that_die_break_no_promise()
    {
        string[] only = [Nemesis.Kill, Nemesis.DatabaseStop, Nemesis.DatabaseKill, Nemesis.Join, Nemesis.Leave];
        var figures = await RunAsync(new ChaosOptions { Time = TimeSpan.FromSeconds(40), Seed = 21, Between = TimeSpan.FromSeconds(4), Only = only });
        Assert.Equal(0, figures.ViolationCount);
        Assert.Empty(only.Except(figures.Nemeses.Keys));
    }

    private async Task<RunFigures> RunAsync(ChaosOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-chaos-").FullName;
        using var log = new StringWriter();
        try
        {
            var figures = await ChaosRun.RunAsync(options with { Directory = directory }, TextWriter.Synchronized(log), CancellationToken.None);
            foreach (var line in FigureText.Of(figures)) log.WriteLine(line);
            if (figures.ViolationCount == 0) Directory.Delete(directory, recursive: true);
            return figures;
        }
        finally
        {
            output.WriteLine(log.ToString());
            output.WriteLine($"Again: dotnet run --project tests/Chaos -c Release -- run --seed {options.Seed} --minutes {options.Time.TotalMinutes:0.##} --between {options.Between.TotalSeconds} --only {string.Join(',', options.Only)}");
        }
    }
}
