using AkkaHa.Messages.Placement;
using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Core.Placement;

namespace AkkaHa.Cli.Ring;

/// <summary><c>akkaha ring simulate</c>: balance and movement of the ring beside other ways to place shards.</summary>
static class SimulateCommand
{
    const int MaxTrials = 100;

    /// <summary>The command; it needs no cluster.</summary>
    public static Command Create()
    {
        Option<ClusterSizes> nodes = new("--nodes")
        {
            Description = $"Cluster size, or a range a..b of which 1, 3, 10, 30 … and both ends are tried ({ClusterSizes.Limits})",
            DefaultValueFactory = _ => new ClusterSizes(3, 1_000),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (ClusterSizes.TryParse(text, out var sizes))
                    return sizes;
                result.AddError($"--nodes must be one number or a range a..b, {ClusterSizes.Limits}, not '{text}'.");
                return null;
            },
        };
        var shards = IntegerOption.Create("--shards", "Shards to place", 1, ShardMap.MaxShardCount, ShardMap.DefaultShardCount);
        var replicas = IntegerOption.Create(
            "--replicas", "Virtual nodes for each node", 1, RingOptions.MaxReplicas, RingOptions.DefaultReplicas);
        var trials = IntegerOption.Create("--trials", "Clusters tried for each size", 1, MaxTrials, 3);
        var json = Json.Option("Print JSON");

        ExampleCommand command = new("simulate", "Balance and movement of the ring, beside other ways to place shards. Needs no cluster.",
            "akkaha ring simulate", "akkaha ring simulate --nodes 3..30 --replicas 256 --json")
        {
            nodes, shards, replicas, trials, json,
        };
        command.SetAction(parsed =>
        {
            var options = new RingOptions { Shards = parsed.GetValue(shards), Replicas = parsed.GetValue(replicas) };
            var report = Simulation.Run(parsed.GetRequiredValue(nodes), options, parsed.GetValue(trials));
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                SimulationOutput.WriteJson(report, output);
            else
                SimulationOutput.WriteTable(report, output);
            return ExitCode.Ok;
        });
        return command;
    }
}
