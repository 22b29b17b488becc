namespace AkkaHa.Cli.Ring;

/// <summary>What a simulation found.</summary>
/// <param name="Shards">Shards placed.</param>
/// <param name="Replicas">Virtual nodes for each node.</param>
/// <param name="Trials">Clusters tried for each size.</param>
/// <param name="BoundPercent">The bound of the bounded ring, in per cent of the fair share.</param>
/// <param name="Sizes">One entry for each cluster size.</param>
sealed record SimulationReport(int Shards, int Replicas, int Trials, int BoundPercent, IReadOnlyList<SizeReport> Sizes);

/// <summary>One cluster size.</summary>
/// <param name="Nodes">The size.</param>
/// <param name="FairShare">Shards for each node.</param>
/// <param name="Placements">One entry for each way to place shards.</param>
sealed record SizeReport(int Nodes, double FairShare, IReadOnlyList<PlacementReport> Placements);

/// <summary>One way to place shards on a cluster of one size.</summary>
/// <param name="Placement">Its name.</param>
/// <param name="MaxOverMean">The highest load over the mean load, in the worst trial.</param>
/// <param name="MinOverMean">The lowest load over the mean load, in the worst trial.</param>
/// <param name="Join">What one join moves, mean of the trials.</param>
/// <param name="Leave">What one leave moves, mean of the trials.</param>
sealed record PlacementReport(string Placement, double MaxOverMean, double MinOverMean, Movement Join, Movement Leave);

/// <summary>What a join or a leave moves.</summary>
/// <param name="Fraction">Of all shards.</param>
/// <param name="FairShares">The same in fair shares: of the cluster with the newcomer, or with the leaver.</param>
/// <param name="ForcedByBound">How much of <paramref name="FairShares"/> the bound forces; null without a bound.</param>
sealed record Movement(double Fraction, double FairShares, double? ForcedByBound);
