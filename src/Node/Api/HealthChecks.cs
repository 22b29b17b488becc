using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaHa.Node.Api;

/// <summary>Liveness as ASP.NET's health checks have it; <see cref="IReadiness"/> knows.</summary>
internal sealed class AliveCheck(IReadiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(readiness.Alive ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the node is not alive: its actors do not answer"));
}

/// <summary>Readiness of locks, keys, sessions and transactions, the same way.</summary>
internal sealed class ReadyCheck(IReadiness readiness) : IHealthCheck
{
    /// <summary>Under this name the result has the reasons, one by one.</summary>
    public const string Reasons = "reasons";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var report = readiness.StrongReady();
        return Task.FromResult(report.Ready
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Join("; ", report.Reasons), data: new Dictionary<string, object> { [Reasons] = report.Reasons }));
    }
}
