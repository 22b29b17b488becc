using AkkaHa.Core.Placement;

namespace AkkaHa.Cli.Ring;

/// <summary>Places shards on made-up clusters, lets a node join and another leave, and counts.</summary>
static class Simulation
{
    /// <summary>The report; nothing in it is random, so it is the same each time.</summary>
    public static SimulationReport Run(ClusterSizes sizes, RingOptions options, int trials)
    {
        IPlacement[] placements =
            [new BoundedRing(options.Replicas), new UnboundedRing(options.Replicas), new ModuloHashing(), new RendezvousHashing()];
        var reports = sizes.Selection().Select(size => new SizeReport(
            size,
            Math.Round((double)options.Shards / size, 2),
            [.. placements.Select(placement => Measure(placement, size, options.Shards, trials))]));
        return new SimulationReport(options.Shards, options.Replicas, trials, LoadBound.Percent, [.. reports]);
    }

    static PlacementReport Measure(IPlacement placement, int size, int shards, int trials)
    {
        var (max, min) = (0.0, double.MaxValue);
        var (join, leave) = (new Counter(), new Counter());
        for (var trial = 0; trial < trials; trial++)
        {
            var nodes = Enumerable.Range(0, size).Select(node => Address(trial, node)).ToList();
            var (newcomer, leaver) = (Address(trial, size), nodes[size / 2]);
            var placed = placement.Place(nodes, shards);
            join.Count(placed, placement.Place([.. nodes, newcomer], shards), newcomer);
            leave.Count(placed, placement.Place([.. nodes.Where(node => node != leaver)], shards), leaver);

            var loads = placed.CountBy(node => node).Select(load => load.Value).ToList();
            max = Math.Max(max, loads.Max());
            min = Math.Min(min, loads.Count < size ? 0 : loads.Min());
        }

        var mean = (double)shards / size;
        return new PlacementReport(
            placement.Name,
            Math.Round(max / mean, 3),
            Math.Round(min / mean, 3),
            join.Mean(trials, shards, size + 1, placement.Bounded),
            leave.Mean(trials, shards, size, placement.Bounded));
    }

    // Clusters of different trials have no node in common.
    static string Address(int trial, int node) => $"akka.tcp://AkkaHa@10.{trial}.{node / 250}.{node % 250}:4053";

    sealed class Counter
    {
        int moved;
        int betweenOthers;

        public void Count(string[] before, string[] after, string changed)
        {
            for (var shard = 0; shard < before.Length; shard++)
            {
                if (before[shard] == after[shard])
                    continue;
                moved++;
                if (before[shard] != changed && after[shard] != changed)
                    betweenOthers++;
            }
        }

        public Movement Mean(int trials, int shards, int size, bool bounded)
        {
            var fraction = (double)moved / trials / shards;
            return new Movement(
                Math.Round(fraction, 5),
                Math.Round(fraction * size, 3),
                bounded ? Math.Round((double)betweenOthers / trials / shards * size, 3) : null);
        }
    }
}
