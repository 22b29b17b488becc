using Xunit;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>
/// For runs of chaos with pauses and partitions: the nodes have no leases yet (docs/guarantees.md), so such a run may rightly go red.
/// AKKAHA_CHAOS=1 runs it all the same.
/// </summary>
internal sealed class ChaosFactAttribute : FactAttribute
{
    public ChaosFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("AKKAHA_CHAOS") != "1") Skip = "nodes have no leases yet; AKKAHA_CHAOS=1 runs it";
    }
}
