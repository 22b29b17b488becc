using Xunit;

namespace AkkaHa.Node.Tests.Ownership;

/// <summary>One server for all.</summary>
[CollectionDefinition(nameof(OwnershipCollection))]
public sealed class OwnershipCollection : ICollectionFixture<OwnershipFixture>;
