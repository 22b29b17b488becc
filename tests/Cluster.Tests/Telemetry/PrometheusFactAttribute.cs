using AkkaHa.Servers;
using Xunit;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary>For what needs Debian's package <c>prometheus</c>; <c>./test.sh --long</c> installs it, and elsewhere it is skipped where it is not there.</summary>
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (PrometheusServer.Program("promtool") is null || PrometheusServer.Program("prometheus") is null) Skip = "needs Debian's package prometheus; ./test.sh --long installs it";
    }
}
