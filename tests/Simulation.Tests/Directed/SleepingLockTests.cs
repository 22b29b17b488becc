using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// A lock and its holder's session slot lose their node, and the holder is frozen. The slot, which knows no lock any more, ends the session in its time. Nobody asks for the lock.
/// </summary>
public sealed class SleepingLockTests
{
    private const long TtlMs = 3000;

    /// <summary>The failover, which begins the time to live anew; then what a woken lock takes to ask.</summary>
    private const long FreedWithinMs = 4000 + TtlMs + 6000;

    private static readonly EntityId Lock = EntityId.Lock("l");

    [Fact]
    public void The_lock_is_freed_without_anybodys_asking() => Assert.True(Run(RuleSwitches.AllOn, FreedAsync));

    [Fact]
    public void If_locks_are_not_woken_it_sleeps_on() => Assert.False(Run(RuleSwitches.AllOn with { LocksWake = false }, FreedAsync));

    /// <summary>Also while it sleeps: it asks the session before it lets anything rest on the fence.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_thawed_holder_writes_under_its_fence_is_refused(bool wake) => Assert.False(Run(RuleSwitches.AllOn with { LocksWake = wake }, GuardsAsync));

    [Fact]
    public void A_lock_that_trusts_its_rows_lets_it_in() => Assert.True(Run(RuleSwitches.AllOn with { LocksWake = false, LivenessAtGuard = false }, GuardsAsync));

    /// <summary>Where the sleeping lock is touched by one who only tries, it is not told that the dead has it.</summary>
    [Fact]
    public void Who_tries_gets_it() => Assert.True(Run(RuleSwitches.AllOn with { LocksWake = false }, TriesAsync));

    private static async Task<bool> FreedAsync(Client client, SessionOfClient frozen)
    {
        for (var until = client.Now + FreedWithinMs; client.Now < until;)
        {
            await client.World.Scheduler.Delay(100);
            if (client.World.Journal.Get(Lock).All.SelectMany(r => r.Events).Any(e => e.LockReleased is not null)) return true;
        }
        return false;
    }

    private static async Task<bool> GuardsAsync(Client client, SessionOfClient frozen)
    {
        await EndOfAsync(client, frozen);
        var answer = await client.Run(new TransactionRequest { TransactionId = "late", DeadlineSeconds = 20, Conditions = { Transactions.Lock("l", 1) }, Then = { Transactions.Put("k", "late") } }, 30_000);
        return answer.Reply!.Transaction.ConditionsHeld;
    }

    private static async Task<bool> TriesAsync(Client client, SessionOfClient frozen)
    {
        await EndOfAsync(client, frozen);
        var other = (await SessionOfClient.Open(client, 60_000))!;
        return (await TryAsync(client, other)).Reply?.LockGrant?.Fence == 2;
    }

    /// <summary>Until the slot says that it has ended: it does not tell the lock, of which it does not know.</summary>
    private static async Task EndOfAsync(Client client, SessionOfClient session)
    {
        while ((await client.Ask(session.Id.Entity, () => new Command { GetSession = new GetSessionRequest { SessionId = session.Id.Text } }, 1000)).Code != ErrorCode.SessionExpired)
            await client.World.Scheduler.Delay(50);
    }

    private static Task<Answer> TryAsync(Client client, SessionOfClient session) =>
        client.Mutate(Lock, () => new Command { AcquireLock = new AcquireLockRequest { Name = "l", SessionId = session.Id.Text } }, client.NewRequestId(), 20_000);

    private static bool Run(RuleSwitches rules, Func<Client, SessionOfClient, Task<bool>> then) => Story.Run(rules, nodes: 1, client => FreezeAsync(client, then));

    private static async Task<bool> FreezeAsync(Client client, Func<Client, SessionOfClient, Task<bool>> then)
    {
        var session = (await SessionOfClient.Open(client, TtlMs))!;
        Assert.Equal(1, (await TryAsync(client, session)).Reply!.LockGrant.Fence);
        session.IsPaused = true;
        client.World.Cluster.Crash(0, restartAfterMs: 500);
        var done = await then(client, session);
        client.Stopped = true;
        return done;
    }
}
