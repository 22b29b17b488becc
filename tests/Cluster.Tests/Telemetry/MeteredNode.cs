using Xunit;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary>One node for all who look at what a node tells of itself.</summary>
[CollectionDefinition(Name)]
public sealed class MeteredNode : ICollectionFixture<OneNode>
{
    public const string Name = "metered node";
}
