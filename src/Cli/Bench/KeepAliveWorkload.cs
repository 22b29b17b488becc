using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Bench;

/// <summary>Keepalives of random sessions.</summary>
sealed class KeepAliveWorkload(AkkaHaClient client, BenchOptions options) : Workload(client, options)
{
    // Beyond the run, whichever of them chance forgets.
    readonly TimeSpan ttl = TimeSpan.FromSeconds(Math.Min(Limits.SessionTtlMaxSeconds, (options.WarmUp + options.Time).TotalSeconds + 120));
    readonly SessionId?[] sessions = new SessionId?[options.Spread];

    public override Task PrepareAsync(CancellationToken cancel) =>
        ForAllAsync(Enumerable.Range(0, sessions.Length), async i => sessions[i] = await Client.Sessions.CreateAsync(ttl, "akkaha bench", cancel), cancel);

    public override Task RunAsync(int client, CancellationToken cancel) => Client.Sessions.KeepAliveAsync(sessions[Random.Shared.Next(sessions.Length)]!.Value, cancel);

    public override Task CleanUpAsync(CancellationToken cancel) => ForAllAsync(sessions.OfType<SessionId>(), id => Client.Sessions.CloseAsync(id, cancel), cancel);
}
