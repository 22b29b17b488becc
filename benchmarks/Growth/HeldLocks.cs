using System.Collections.Concurrent;
using AkkaHa.ClientApi;
using AkkaHa.Load;
using AkkaHa.Messages;

namespace AkkaHa.Growth;

/// <summary>
/// Locks that are held all the time, by clients that hold as many as one session may; and what others are told of them. A read must say that they are held with the fence that was given, and who tries to take one must be
/// refused, whatever has happened to the nodes: everything else counts as no answer.
/// </summary>
internal sealed class HeldLocks(GrowthCluster cluster) : IKeyTarget
{
    private static readonly TimeSpan Ttl = TimeSpan.FromHours(1);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(1);

    private readonly List<AkkaHaClient> holders = [];
    private readonly ConcurrentDictionary<string, Fence> fences = new(StringComparer.Ordinal);

    public string Name => "held locks";

    public int Count => fences.Count;

    /// <summary>Takes more of them, 64 at a time.</summary>
    /// <returns>Seconds.</returns>
    public async Task<double> TakeAsync(IEnumerable<string> names, CancellationToken ct)
    {
        var from = TimeProvider.System.GetTimestamp();
        foreach (var some in InSessions(names))
            await Parallel.ForEachAsync(some.Names, new ParallelOptions { MaxDegreeOfParallelism = GrowthCluster.Clients, CancellationToken = ct }, async (name, cancel) => fences[name] = (await some.Holder.Locks.AcquireAsync(name, cancellationToken: cancel)).Fence);
        return TimeProvider.System.GetElapsedTime(from).TotalSeconds;
    }

    /// <summary>Ends the session of the first holder, and with it what it holds.</summary>
    /// <returns>How many locks that were.</returns>
    public async Task<int> EndFirstAsync(CancellationToken ct)
    {
        var id = await holders[0].Sessions.GetOwnIdAsync(ct);
        await cluster.Client.Sessions.CloseAsync(id, ct);
        return Math.Min(Count, Limits.LocksPerSession);
    }

    /// <summary>A try to take it.</summary>
    public async Task PutAsync(string key, CancellationToken ct)
    {
        if (await cluster.Client.Locks.TryAcquireAsync(key, cancellationToken: ct) is not null) throw new InvalidOperationException($"{key} was given to another while it was held");
    }

    /// <summary>A look at it.</summary>
    public async Task GetAsync(string key, CancellationToken ct)
    {
        var state = await cluster.Client.Locks.GetAsync(key, ct);
        if (state.Holders.Count != 1 || state.Holders[0].Fence != fences[key]) throw new InvalidOperationException($"{key} is not held with fence {fences[key]}");
    }

    /// <summary>Gives the locks back if the nodes are still there; does not wait for it.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(holders.Select(h => h.DisposeAsync().AsTask()));

    private IEnumerable<(AkkaHaClient Holder, IReadOnlyList<string> Names)> InSessions(IEnumerable<string> names)
    {
        var left = new Queue<string>(names);
        while (left.Count > 0)
        {
            var room = (holders.Count * Limits.LocksPerSession) - Count;
            if (room == 0)
            {
                holders.Add(AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = cluster.Nodes.Endpoints, SessionTtl = Ttl, CloseTimeout = CloseWithin }));
                room = Limits.LocksPerSession;
            }
            yield return (holders[^1], [.. Enumerable.Range(0, Math.Min(room, left.Count)).Select(_ => left.Dequeue())]);
        }
    }
}
