using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Sessions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>
/// Sessions, locks and writes guarded by fences, by clients that pause, die, cancel and try again with old fences. The guarded writes go to lists,
/// whose order is the order of the store.
/// </summary>
sealed class LockWorkload(int locks, ListWorkload lists) : IWorkload
{
    private sealed class Holding
    {
        public required SessionOfClient Session { get; init; }
        public required LockGrantSeen Grant { get; init; }
        public long GivenBackAt { get; set; } = Time.Never;

        /// <summary>It was acknowledged that it was given back.</summary>
        public bool IsGivenBack { get; set; }
    }

    private readonly Dictionary<Client, SessionOfClient> sessions = [];
    private readonly List<SessionOfClient> all = [];
    private readonly List<Holding> holdings = [];

    public Task Prepare(Client client) => Task.CompletedTask;

    public async Task Step(Client client)
    {
        if (await SessionFor(client) is not { } session) return;
        var name = $"lock-{client.Rng.Below(locks)}";
        var requestId = client.NewRequestId();
        var wait = client.Rng.Pick([0.0, 0.5, 3.0]);
        if (await Acquire(client, session, name, requestId, wait, (long)(wait * 1000) + client.Rng.Between(500, 5000)) is not { } holding)
        {
            if (client.Rng.Chance(0.8)) await Cancel(client, session, name, requestId);
            return;
        }
        await Use(client, holding);
        await End(client, holding, requestId);
    }

    private async Task<SessionOfClient?> SessionFor(Client client)
    {
        if (sessions.TryGetValue(client, out var session) && !session.IsOver) return session;
        if (await SessionOfClient.Open(client, client.Rng.Between(2000, 6000)) is not { } opened) return null;
        all.Add(opened);
        return sessions[client] = opened;
    }

    private async Task<Holding?> Acquire(Client client, SessionOfClient session, string name, string requestId, double wait, long giveUpMs)
    {
        var from = client.Now;
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { AcquireLock = new AcquireLockRequest { Name = name, SessionId = session.Id.Text, WaitSeconds = wait } }, requestId, giveUpMs);
        session.Saw(answer);
        if (answer.Reply?.LockGrant is not { } grant) return null;
        var holding = new Holding { Session = session, Grant = new LockGrantSeen(name, $"{grant.SessionId}/{grant.HolderId}", grant.Fence, from, answer.At, Time.Never) };
        holdings.Add(holding);
        return holding;
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
        }
    }

    private async Task<bool> Write(Client client, Holding holding)
    {
        var name = holding.Grant.Lock;
        lists.GuardedLists[$"guarded-{name}"] = name;
        var request = new TransactionRequest
        {
            TransactionId = client.NewTransactionId("g"), DeadlineSeconds = client.Deadline(),
            Conditions = { Transactions.Lock(name, holding.Grant.Fence) },
            Then = { Transactions.Append($"guarded-{name}", $"{holding.Grant.Fence}/{client.Unique()} ") },
        };
        if (client.Rng.Chance(0.2)) request.Then.Add(Transactions.Get($"list-{client.Rng.Below(2)}"));
        if (client.Rng.Chance(0.2)) request.Conditions.Add(Transactions.Session(holding.Session.Id.Text));
        return (await lists.Run(client, request)).Reply?.Transaction is { ConditionsHeld: true };
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
                holding.GivenBackAt = client.Now;
                await Cancel(client, session, holding.Grant.Lock, requestId);
                break;
            case < 8:
                // Sometimes one of its calls still waits for a lock then.
                var waits = client.Rng.Chance(0.3) ? Acquire(client, session, $"lock-{client.Rng.Below(locks)}", client.NewRequestId(), 3, 5000) : Task.FromResult<Holding?>(null);
                if (client.Rng.Chance(0.5)) await client.World.Scheduler.Delay(client.Rng.Between(0, 500));
                var answer = await session.Close();
                await waits;
                if (answer.Reply?.CloseSession is null && answer.Code != ErrorCode.SessionExpired) break;
                await MustNotHold(client, Transactions.Session(session.Id.Text), "a session that has ended");
                if (client.Rng.Chance(0.3)) await Acquire(client, session, $"lock-{client.Rng.Below(locks)}", client.NewRequestId(), 0, 3000);
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
        holding.GivenBackAt = client.Now;
        var (name, fence) = (holding.Grant.Lock, holding.Grant.Fence);
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { ReleaseLock = new ReleaseLockRequest { Name = name, SessionId = holding.Session.Id.Text, Fence = fence } }, client.NewRequestId());
        holding.IsGivenBack = answer.Reply?.ReleaseLock is not null;
        if (holding.IsGivenBack || answer.Code == ErrorCode.FenceStale) await MustNotHold(client, Transactions.Lock(name, fence), "a fence that was given back");
    }

    private async Task MustNotHold(Client client, Condition condition, string what)
    {
        if (client.Rng.Chance(0.5)) return;
        var answer = await client.Run(new TransactionRequest { TransactionId = client.NewTransactionId("g"), Conditions = { condition } });
        if (answer.Reply?.Transaction is { ConditionsHeld: true }) client.World.Fail("guarding", $"{what} guards still: {condition}");
    }

    private async Task Cancel(Client client, SessionOfClient session, string name, string requestId)
    {
        var answer = await client.Mutate(EntityId.Lock(name),
            () => new Command { CancelLock = new CancelLockRequest { Name = name, SessionId = session.Id.Text, RequestId = requestId } }, requestId);
        if (answer.Reply?.CancelLock is null || client.Rng.Chance(0.3)) return;
        await client.World.Scheduler.Delay(client.Rng.Between(0, 3000));
        var state = await client.Ask(EntityId.Lock(name), () => new Command { GetLock = new GetLockRequest { Name = name } });
        if (state.Reply?.Lock is { } found && (found.Holders.Any(h => h.HolderId == requestId) || found.Waiters.Any(w => w.HolderId == requestId)))
            client.World.Fail("cancelling", $"{name}: request {requestId} was cancelled, and is there: {found}");
    }

    public async Task Finish(Client client)
    {
        foreach (var session in all) session.IsPaused = true;
        for (var i = 0; i < locks; i++)
        {
            var session = await SessionOfClient.Open(client, 5000, 60_000);
            if (session is null)
            {
                client.World.Fail("healing", "no session could be opened");
                return;
            }
            all.Add(session);
            if (await Acquire(client, session, $"lock-{i}", client.NewRequestId(), 30, 90_000) is { } holding) await Release(client, holding);
            else client.World.Fail("healing", $"lock-{i} could not be had");
            await session.Close();
        }
        client.Stopped = true;
    }

    public IEnumerable<Violation> Judge()
    {
        LockGrantSeen[] grants = [.. holdings.Select(h => h.Grant with { BelievedUntil = Math.Min(Math.Min(h.GivenBackAt, h.Session.ClosedAt), h.Session.SafeUntil) })];
        return
        [
            .. LockJudge.Judge(grants, []),
            .. SessionJudge.Judge(all.Select(s => s.Life)),
            .. GrantsOfEnded.Judge(grants, holdings.Where(h => h.IsGivenBack).Select(h => (h.Grant.Lock, h.Grant.Fence, h.GivenBackAt)),
                all.SelectMany(s => s.Ends)),
        ];
    }
}
