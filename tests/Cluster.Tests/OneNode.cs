using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>A node for all tests of a class: they use names of their own.</summary>
public sealed class OneNode : IAsyncLifetime
{
    private ClusterUnderTest? cluster;

    internal ClusterUnderTest Cluster => cluster ?? throw new InvalidOperationException("it has not been started");

    public async Task InitializeAsync() => cluster = await ClusterUnderTest.StartAsync("sqlite", 1);

    public async Task DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
    }
}
