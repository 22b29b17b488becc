using AkkaHa.Judge.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Takes locks away by force, and knows which holdings were, or may have been, lost by that.</summary>
sealed class ForcedReleases
{
    /// <summary>All holdings of a lock taken away: those named, or, where no answer came, any.</summary>
    private readonly List<(string Lock, long From, IReadOnlyList<long>? Fences)> forced = [];

    /// <summary>Where all is being taken away just now: who gets it meanwhile may lose it, and nobody knows yet.</summary>
    private readonly List<string> forcing = [];

    /// <summary>Fences that an upgrade was asked for, and the fence that it gave; 0: it is not known whether it gave one.</summary>
    private readonly Dictionary<(string Lock, long Fence), long> upgrades = [];

    public void UpgradeAsked(string name, long fence) => upgrades[(name, fence)] = 0;

    public void UpgradeGave(string name, long fence, long upgraded) => upgrades[(name, fence)] = upgraded;

    /// <summary>Fence 0: from all who hold it. Whoever it is taken from does not hear of it at once.</summary>
    public async Task Force(Client client, IReadOnlyList<Holding> holdings, string name, long fence)
    {
        var from = client.Now;
        foreach (var holding in holdings.Where(h => h.Grant.Lock == name && (fence == 0 || h.Grant.Fence == fence))) holding.GivenBackAt = Math.Min(holding.GivenBackAt, from);
        var before = holdings.Count;
        if (fence == 0) forcing.Add(name);
        var answer = await client.Mutate(EntityId.Lock(name), () => new Command { ForceReleaseLock = new ForceReleaseLockRequest { Name = name, Fence = fence, Reason = "simulated" } }, client.NewRequestId());
        if (fence != 0) return;
        if (answer.Reply is not null) forcing.Remove(name);
        // It meant all that were there when it came, whenever that was.
        var all = answer.Reply?.ForceReleaseLock?.Fences;
        forced.Add((name, from, all));
        foreach (var holding in holdings.Skip(before).Where(h => Took(h.Grant))) holding.GivenBackAt = Math.Min(holding.GivenBackAt, holding.Grant.GrantedAt);
    }

    /// <summary>All holdings of the lock are being taken away.</summary>
    public bool IsUnderWay(string name) => forcing.Contains(name);

    /// <summary>Also when it had another fence by then, of which its client had not heard yet.</summary>
    public bool Took(LockGrantSeen grant) => forced.Exists(f => f.Lock == grant.Lock && (f.Fences is null || f.Fences.Contains(grant.Fence)
        || (upgrades.TryGetValue((grant.Lock, grant.Fence), out var upgraded) && f.Fences.Any(fence => upgraded == 0 ? fence > grant.Fence : fence == upgraded))));
}
