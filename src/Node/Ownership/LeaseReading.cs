using AkkaHa.Core.Ownership;

namespace AkkaHa.Node.Ownership;

/// <summary>What a renewal brought back.</summary>
/// <param name="Renewed">False: the row is fenced, or gone, which only happens to fenced ones.</param>
/// <param name="Nodes">All nodes' rows.</param>
/// <param name="Mine">The shards that the database says this node holds, with their epochs.</param>
/// <param name="SumOfEpochs">Of all shards: it changes whenever one changes hands.</param>
internal sealed record LeaseReading(bool Renewed, IReadOnlyList<NodeRow> Nodes, IReadOnlyList<(int Shard, long Epoch)> Mine, long SumOfEpochs);
