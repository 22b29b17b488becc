using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Sessions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>
/// Sessions, locks in all modes, and writes guarded by fences, by clients that pause, die, cancel, come again, upgrade, take away from others by force, and try again with old fences. What is guarded by an
/// exclusive fence goes to lists whose order is the order of the store.
/// </summary>
sealed class LockWorkload(int locks, ListWorkload lists) : IWorkload
{
    private readonly Dictionary<Client, SessionOfClient> sessions = [];
    private readonly List<SessionOfClient> all = [];
    private readonly List<Holding> holdings = [];
    private readonly List<(GuardPassed Write, string SessionId)> guarded = [];

    private readonly ForcedReleases forced = new();
    private readonly RequestsOfHolders requests = new();
    private SimulatedWorld? world;

    public Task Prepare(Client client)
    {
        world = client.World;
        return Task.CompletedTask;
    }

    public async Task Step(Client client)
    {
        if (await SessionFor(client) is not { } session) return;
        var wish = LockWish.Draw(client.Rng, locks);
        var requestId = client.NewRequestId();
        var wait = client.Rng.Pick([0.0, 0.5, 3.0]);
        if (client.Rng.Chance(0.05)) await forced.Force(client, holdings, wish.Name, client.Rng.Chance(0.7) ? holdings.LastOrDefault(h => h.Grant.Lock == wish.Name)?.Grant.Fence ?? 0 : 0);
        if (await Acquire(client, session, wish, requestId, wait, (long)(wait * 1000) + client.Rng.Between(500, 5000)) is not { } holding)
        {
            if (client.Rng.Chance(0.8)) await Cancel(client, session, wish.Name, requestId);
            return;
        }
        if (client.Rng.Chance(0.2)) await ComeAgain(client, wish, holding);
        await Use(client, holding);
        if (wish.Mode == LockMode.Exclusive && client.Rng.Chance(0.1)) await ReleaseToTheDead(client, wish, holding);
        if (wish.Mode == LockMode.Upgradeable && client.Rng.Chance(0.8) && await Upgrade(client, holding) is { } upgraded)
        {
            await Use(client, upgraded);
            holding = upgraded;
        }
        await End(client, holding, requestId);
    }

    private async Task<SessionOfClient?> SessionFor(Client client)
    {
        if (sessions.TryGetValue(client, out var session) && !session.IsOver) return session;
        if (await SessionOfClient.Open(client, client.Rng.Between(2000, 6000)) is not { } opened) return null;
        all.Add(opened);
        return sessions[client] = opened;
    }

    private async Task<Holding?> Acquire(Client client, SessionOfClient session, LockWish wish, string requestId, double wait, long giveUpMs)
    {
        var from = client.Now;
        var answer = await client.Mutate(EntityId.Lock(wish.Name), () => new Command { AcquireLock = wish.Request(session.Id.Text, wait) }, requestId, giveUpMs);
        session.Saw(answer);
        if (answer.Reply?.LockGrant is not { } grant) return null;
        requests.Told(wish.Name, grant.Fence, requestId);
        return Believe(session, wish.Seen(grant, from, answer.At));
    }

    private Holding Believe(SessionOfClient session, LockGrantSeen grant)
    {
        var holding = new Holding { Session = session, Grant = grant };
        holdings.Add(holding);
        return holding;
    }

    /// <summary>The same holder again, by another request: it has what it has, and gets nothing else.</summary>
    private async Task ComeAgain(Client client, LockWish wish, Holding holding)
    {
        var holderId = holding.Grant.Holder.Split('/')[1];
        var requestId = client.NewRequestId();
        var answer = await client.Mutate(EntityId.Lock(wish.Name), () => new Command { AcquireLock = wish.Request(holding.Session.Id.Text, 0, holderId) }, requestId);
        requests.CameAgain(holding.Grant, requestId, answer);
        // What it is given later is another holding: by force it may have lost this one.
        if (answer.Reply?.LockGrant is { } grant && grant.Fence != holding.Grant.Fence)
        {
            if (answer.At < holding.Believed.BelievedUntil && !forced.Took(holding.Grant) && !forced.IsUnderWay(wish.Name)) client.World.Fail("coming again", $"{wish.Name}: {holding.Grant.Holder} had fence {holding.Grant.Fence}, and got {grant.Fence}");
            await client.Mutate(EntityId.Lock(wish.Name), () => new Command { ReleaseLock = new ReleaseLockRequest { Name = wish.Name, SessionId = holding.Session.Id.Text, Fence = grant.Fence } }, client.NewRequestId());
        }
    }

    private async Task<Holding?> Upgrade(Client client, Holding holding)
    {
        var (name, fence, requestId, from) = (holding.Grant.Lock, holding.Grant.Fence, client.NewRequestId(), client.Now);
        var wait = client.Rng.Pick([0.0, 0.5, 3.0]);
        forced.UpgradeAsked(name, fence);
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { UpgradeLock = new UpgradeLockRequest { Name = name, SessionId = holding.Session.Id.Text, Fence = fence, WaitSeconds = wait } }, requestId, (long)(wait * 1000) + 3000);
        holding.Session.Saw(answer);
        if (answer.Reply?.LockGrant is null && client.Rng.Chance(0.7)) await Cancel(client, holding.Session, name, requestId);
        if (answer.Reply?.LockGrant is not { } grant) return null;
        forced.UpgradeGave(name, fence, grant.Fence);
        // From then on it has it by the new fence.
        holding.GivenBackAt = Math.Min(holding.GivenBackAt, answer.At);
        return Believe(holding.Session, holding.Grant with { Fence = grant.Fence, InvokedAt = from, GrantedAt = answer.At, Use = LockUse.Exclusive, IsUpgrade = true });
    }

    /// <summary>A session that nobody keeps alive waits, with its call open, until after its end. Only then the lock is given back.</summary>
    private async Task ReleaseToTheDead(Client client, LockWish wish, Holding holding)
    {
        if (await SessionOfClient.Open(client, 2000) is not { } session) return;
        all.Add(session);
        session.IsPaused = true;
        var waits = Acquire(client, session, wish, client.NewRequestId(), 15, 16_000);
        // As soon as that is stored, so that the lock may not know of it yet; but later than clocks differ.
        while (!waits.IsCompleted && !client.World.Journal.Get(session.Id.Entity).All.Any(r => r.Events.Any(e => e.SessionEnded?.SessionId == session.Id.Text))) await client.World.Scheduler.Delay(10);
        if (!waits.IsCompleted) session.SawEnd(client.Now);
        await client.World.Scheduler.Delay(30);
        await Release(client, holding);
        await waits;
    }

    private async Task Use(Client client, Holding holding)
    {
        for (var writes = client.Rng.Below(4); writes > 0; writes--)
        {
            if (!await Write(client, holding) && client.Rng.Chance(0.7)) return;
            if (!client.Rng.Chance(0.15)) continue;
            // A long pause, in which nothing is kept alive; then it goes on as if it still held the lock.
            holding.Session.IsPaused = true;
            await client.World.Scheduler.Delay(client.Rng.Between(500, 9000));
            holding.Session.IsPaused = false;
            if (client.Rng.Chance(0.5)) holding.Session.Saw(await client.Ask(holding.Session.Id.Entity, () => new Command { GetSession = new GetSessionRequest { SessionId = holding.Session.Id.Text } }, 500));
        }
    }

    private async Task<bool> Write(Client client, Holding holding)
    {
        var name = holding.Grant.Lock;
        // Those who share it write to the same list in any order.
        var list = holding.Grant.Use == LockUse.Exclusive ? $"guarded-{name}" : $"shared-{name}";
        if (holding.Grant.Use == LockUse.Exclusive) lists.GuardedLists[list] = name;
        var request = new TransactionRequest
        {
            TransactionId = client.NewTransactionId("g"), DeadlineSeconds = client.Deadline(),
            Conditions = { Transactions.Lock(name, holding.Grant.Fence) },
            Then = { Transactions.Append(list, $"{holding.Grant.Fence}/{client.Unique()} ") },
        };
        if (client.Rng.Chance(0.2)) request.Then.Add(Transactions.Get($"list-{client.Rng.Below(2)}"));
        if (client.Rng.Chance(0.2)) request.Conditions.Add(Transactions.Session(holding.Session.Id.Text));
        var from = client.Now;
        var write = lists.Run(client, request);
        // It is taken away in the midst of the write.
        if (client.Rng.Chance(0.1))
        {
            await client.World.Scheduler.Delay(client.Rng.Between(0, 300));
            await forced.Force(client, holdings, name, holding.Grant.Fence);
        }
        if ((await write).Reply?.Transaction is not { ConditionsHeld: true }) return false;
        guarded.Add((new GuardPassed(name, holding.Grant.Fence, from, $"client-{client.Number}"), holding.Session.Id.Text));
        return true;
    }

    private async Task End(Client client, Holding holding, string requestId)
    {
        var session = holding.Session;
        switch (client.Rng.Below(10))
        {
            case < 5:
                await Release(client, holding);
                break;
            case < 6:
                var other = requests.Other(requestId);
                if (other is not null)
                {
                    // As late as a node that notices that a caller has gone. What the other was told is as good as before.
                    await Cancel(client, session, holding.Grant.Lock, requestId);
                    await Use(client, holding);
                    if (client.Rng.Chance(0.5))
                    {
                        await Release(client, holding);
                        break;
                    }
                }
                holding.GivenBackAt = Math.Min(holding.GivenBackAt, client.Now);
                await Cancel(client, session, holding.Grant.Lock, other ?? requestId, requestId);
                break;
            case < 8:
                // Sometimes one of its calls still waits for a lock then.
                var waits = client.Rng.Chance(0.3) ? Acquire(client, session, LockWish.Draw(client.Rng, locks), client.NewRequestId(), 3, 5000) : Task.FromResult<Holding?>(null);
                if (client.Rng.Chance(0.5)) await client.World.Scheduler.Delay(client.Rng.Between(0, 500));
                var answer = await session.Close();
                await waits;
                if (answer.Reply?.CloseSession is null && answer.Code != ErrorCode.SessionExpired) break;
                await MustNotHold(client, Transactions.Session(session.Id.Text), "a session that has ended");
                if (client.Rng.Chance(0.3)) await Acquire(client, session, LockWish.Draw(client.Rng, locks), client.NewRequestId(), 0, 3000);
                break;
            default:
                // It is never heard of again.
                session.IsPaused = true;
                sessions.Remove(client);
                break;
        }
    }

    private async Task Release(Client client, Holding holding)
    {
        holding.GivenBackAt = Math.Min(holding.GivenBackAt, client.Now);
        var (name, fence) = (holding.Grant.Lock, holding.Grant.Fence);
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { ReleaseLock = new ReleaseLockRequest { Name = name, SessionId = holding.Session.Id.Text, Fence = fence } }, client.NewRequestId());
        holding.IsGivenBack |= answer.Reply?.ReleaseLock is not null;
        if (holding.IsGivenBack || answer.Code == ErrorCode.FenceStale) await MustNotHold(client, Transactions.Lock(name, fence), "a fence that was given back");
    }

    private async Task MustNotHold(Client client, Condition condition, string what)
    {
        if (client.Rng.Chance(0.5)) return;
        var answer = await client.Run(new TransactionRequest { TransactionId = client.NewTransactionId("g"), Conditions = { condition } });
        if (answer.Reply?.Transaction is { ConditionsHeld: true }) client.World.Fail("guarding", $"{what} guards still: {condition}");
    }

    private async Task Cancel(Client client, SessionOfClient session, string name, string requestId, string holderId = "")
    {
        if (holderId.Length == 0) holderId = requestId;
        requests.Cancels(requestId);
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { CancelLock = new CancelLockRequest { Name = name, SessionId = session.Id.Text, RequestId = requestId } }, requestId);
        if (answer.Reply?.CancelLock is null) return;
        requests.Cancelled(requestId);
        if (!requests.AllCancelled(holderId) || client.Rng.Chance(0.3)) return;
        await client.World.Scheduler.Delay(client.Rng.Between(0, 3000));
        var state = await client.Ask(EntityId.Lock(name), () => new Command { GetLock = new GetLockRequest { Name = name } });
        if (state.Reply?.Lock is { } found && (found.Holders.Any(h => h.HolderId == holderId) || found.Waiters.Any(w => w.HolderId == holderId)))
            client.World.Fail("cancelling", $"{name}: request {requestId} was cancelled, and is there: {found}");
    }

    public async Task Finish(Client client)
    {
        foreach (var session in all) session.IsPaused = true;
        foreach (var wish in Enumerable.Range(0, locks).SelectMany(i => (LockWish[])[new($"lock-{i}", LockMode.Exclusive, 0, 0), new($"semaphore-{i}", LockMode.Semaphore, 3, 3)]))
        {
            var session = await SessionOfClient.Open(client, 5000, 60_000);
            if (session is null)
            {
                client.World.Fail("healing", "no session could be opened");
                return;
            }
            all.Add(session);
            // What those of the storm have left may be of another kind, until they are known to have gone.
            var until = client.Now + 90_000;
            var had = await Acquire(client, session, wish, client.NewRequestId(), 30, 90_000);
            for (; had is null && client.Now < until; had = await Acquire(client, session, wish, client.NewRequestId(), 30, 90_000)) await client.World.Scheduler.Delay(1000);
            if (had is not null) await Release(client, had);
            else client.World.Fail("healing", $"{wish.Name} could not be had");
            await session.Close();
        }
        client.Stopped = true;
    }

    public IEnumerable<Violation> Judge()
    {
        // One who took all away, and never heard what that was, may have come at any time.
        LockGrantSeen[] grants = [.. holdings.Select(h => forced.Took(h.Grant) ? h.Believed with { BelievedUntil = Math.Min(h.Believed.BelievedUntil, h.Grant.GrantedAt) } : h.Believed)];
        return
        [
            .. LockJudge.Judge(grants, []),
            .. QueueJudge.Judge(LockRows.Of(world!).Select(s => LockRows.StepOf(s.Lock, s.Event)).OfType<QueueEvent>()),
            .. requests.Judge(LockRows.Of(world!)),
            .. SessionJudge.Judge(all.Select(s => s.Life)),
            .. GrantsOfEnded.Judge(grants, holdings.Where(h => h.IsGivenBack && h.Grant.Use == LockUse.Exclusive).Select(h => (h.Grant.Lock, h.Grant.Fence, h.GivenBackAt)),
                all.SelectMany(s => s.Ends)),
            .. GuardsOfEnded.Judge(guarded, all.SelectMany(s => s.Ends)),
        ];
    }
}
