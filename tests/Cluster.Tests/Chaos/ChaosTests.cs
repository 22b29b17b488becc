using AkkaHa.Chaos;
using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Nemeses;
using AkkaHa.Judge;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>A short piece of what tests/Chaos does for as long as one likes, from a fixed seed.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    [LongFact]
    public async Task Every_nemesis_at_work_breaks_no_promise()
    {
        var figures = await RunAsync(new ChaosOptions { Time = TimeSpan.FromSeconds(60), Seed = 20, Between = TimeSpan.FromSeconds(2.5) });
        Assert.True(figures.ViolationCount == 0, $"{Violation.Mark}: {string.Join(", ", figures.Violations.Keys)}");
        // How many of them come to their turn in so short a time depends on the machine.
        Assert.True(figures.Nemeses.Count > Nemesis.All.Count / 2, $"only {string.Join(", ", figures.Nemeses.Keys)}");
    }

    [LongFact]
    public async Task Nodes_and_databases_that_die_break_no_promise()
    {
        string[] only = [Nemesis.Kill, Nemesis.DatabaseStop, Nemesis.DatabaseKill, Nemesis.Join, Nemesis.Leave];
        var figures = await RunAsync(new ChaosOptions { Time = TimeSpan.FromSeconds(40), Seed = 21, Between = TimeSpan.FromSeconds(4), Only = only });
        Assert.True(figures.ViolationCount == 0, $"{Violation.Mark}: {string.Join(", ", figures.Violations.Keys)}");
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
