using AkkaHa.Judge.Locks;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>What a client asks of which lock. A few are semaphores, the others locks for readers and writers; now and then somebody takes one for the other.</summary>
readonly record struct LockWish(string Name, LockMode Mode, int Permits, int Limit)
{
    private const int Limit3 = 3;

    public bool GuardsAlone => Mode == LockMode.Exclusive;

    public static LockWish Draw(Rng rng, int locks)
    {
        var number = rng.Below(locks);
        if (rng.Chance(0.15))
            return rng.Chance(0.05) ? new($"semaphore-{number}", LockMode.Shared, 0, 0) : new($"semaphore-{number}", LockMode.Semaphore, (int)rng.Between(1, 2), rng.Chance(0.95) ? Limit3 : 2);
        var mode = rng.Below(10) switch { < 5 => LockMode.Exclusive, < 8 => LockMode.Shared, _ => LockMode.Upgradeable };
        return new($"lock-{number}", mode, 0, 0);
    }

    public AcquireLockRequest Request(string sessionId, double wait, string holderId = "") =>
        new() { Name = Name, SessionId = sessionId, WaitSeconds = wait, HolderId = holderId, Mode = Mode, Permits = Permits, Limit = Limit };

    public LockGrantSeen Seen(LockGrant grant, long from, long at) =>
        new(Name, $"{grant.SessionId}/{grant.HolderId}", grant.Fence, from, at, Judge.Time.Never) { Use = Use, Permits = Permits, Limit = Limit };

    private LockUse Use => Mode switch
    {
        LockMode.Exclusive => LockUse.Exclusive,
        LockMode.Shared => LockUse.Shared,
        LockMode.Upgradeable => LockUse.Upgradeable,
        _ => LockUse.Semaphore,
    };
}
