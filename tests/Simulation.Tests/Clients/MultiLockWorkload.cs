using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>
/// Several locks at once, of few, by clients that give up, cancel and vanish. Whoever is told "no" holds none of them from that moment on; whoever is told nothing has all of them or none,
/// once everything is quiet.
/// </summary>
sealed class MultiLockWorkload(int locks) : IWorkload
{
    private sealed record Holding(SessionOfClient Session, LockGrantSeen Grant)
    {
        public long GivenBackAt { get; set; } = Time.Never;
    }

    private sealed record Abandoned(SessionOfClient Session, string[] Names, string RequestId);

    private readonly Dictionary<Client, SessionOfClient> sessions = [];
    private readonly List<SessionOfClient> all = [];
    private readonly List<Holding> holdings = [];
    private readonly List<Abandoned> abandoned = [];

    public Task Prepare(Client client) => Task.CompletedTask;

    public async Task Step(Client client)
    {
        if (await SessionFor(client) is not { } session) return;
        string[] names = [.. Enumerable.Range(0, locks).Where(_ => client.Rng.Chance(0.6)).Select(i => $"multi-{i}")];
        if (names.Length == 0) names = ["multi-0"];
        if (client.Rng.Chance(0.5)) Array.Reverse(names);
        var requestId = client.NewRequestId();
        var wait = client.Rng.Pick([0.0, 0.5, 3.0]);
        if (await Acquire(client, session, names, requestId, wait, (long)(wait * 1000) + client.Rng.Between(500, 6000)) is { } held) await End(client, session, names, requestId, held);
    }

    private async Task<SessionOfClient?> SessionFor(Client client)
    {
        if (sessions.TryGetValue(client, out var session) && !session.IsOver) return session;
        if (await SessionOfClient.Open(client, client.Rng.Between(3000, 9000)) is not { } opened) return null;
        all.Add(opened);
        return sessions[client] = opened;
    }

    private async Task<Holding[]?> Acquire(Client client, SessionOfClient session, string[] names, string requestId, double wait, long giveUpMs)
    {
        var from = client.Now;
        // Some wait in several calls, of which all but the last keep the place; and some come too late for it.
        var calls = wait > 0 ? client.Rng.Below(3) : 0;
        var answer = await Call(client, session, names, requestId, wait, giveUpMs, calls > 0, 0);
        for (; calls > 0 && answer.Code == ErrorCode.LockHeld; calls--)
        {
            client.World.Count("several locks, another call");
            if (client.Rng.Chance(0.3)) await client.World.Scheduler.Delay(client.Rng.Between(0, 7000));
            answer = await Call(client, session, names, requestId, wait, giveUpMs, calls > 1, answer.Attempt);
        }
        if (answer.Reply?.AcquireAllLocks is { } granted)
        {
            client.World.Count("several locks at once");
            if (!granted.Locks.Select(g => g.Name).SequenceEqual(names)) client.World.Fail("granting", $"{granted} was the answer to {string.Join(", ", names)}");
            Holding[] had = [.. granted.Locks.Select(g => new Holding(session, new LockGrantSeen(g.Name, $"{g.SessionId}/{g.HolderId}", g.Fence, from, answer.At, Time.Never)))];
            holdings.AddRange(had);
            return had;
        }
        if (answer.Code == ErrorCode.LockHeld) await MustHaveNone(client, names, requestId, $"was refused at {answer.At}");
        else if (answer.Reply is null && client.Rng.Chance(0.6)) await Cancel(client, session, names, requestId);
        else if (answer.Reply is null) abandoned.Add(new Abandoned(session, names, requestId));
        return null;
    }

    private static async Task<Answer> Call(Client client, SessionOfClient session, string[] names, string requestId, double wait, long giveUpMs, bool keepPlace, uint afterAttempt)
    {
        var answer = await client.Mutate(session.Id.Entity, () => new Command
        {
            AcquireAllLocks = new AcquireAllLocksRequest { SessionId = session.Id.Text, WaitSeconds = wait, KeepPlace = keepPlace, Locks = { names.Select(n => new Messages.V1.LockWish { Name = n }) } },
        }, requestId, giveUpMs, afterAttempt);
        session.Saw(answer);
        return answer;
    }

    private async Task End(Client client, SessionOfClient session, string[] names, string requestId, Holding[] held)
    {
        await client.World.Scheduler.Delay(client.Rng.Between(0, 1500));
        var how = client.Rng.Below(10);
        if (how < 9)
            foreach (var holding in held) holding.GivenBackAt = client.Now;
        if (how < 5)
        {
            foreach (var holding in held)
                await client.Mutate(EntityId.Lock(holding.Grant.Lock),
                    () => new Command { ReleaseLock = new ReleaseLockRequest { Name = holding.Grant.Lock, SessionId = session.Id.Text, Fence = holding.Grant.Fence } }, client.NewRequestId());
        }
        else if (how < 7) await Cancel(client, session, names, requestId);
        else if (how < 9) await session.Close();
        else
        {
            session.IsPaused = true;
            sessions.Remove(client);
        }
    }

    private async Task Cancel(Client client, SessionOfClient session, string[] names, string requestId)
    {
        var answer = await client.Ask(session.Id.Entity, () => new Command { CancelAllLocks = new CancelAllLocksRequest { SessionId = session.Id.Text, RequestId = requestId } }, 8000);
        session.Saw(answer);
        if (answer.Reply?.CancelAllLocks is { } cancelled) await MustHaveNone(client, names, requestId, $"was taken back ({cancelled.Cancelled}) at {answer.At}");
    }

    private static async Task MustHaveNone(Client client, string[] names, string requestId, string what)
    {
        if (client.Rng.Chance(0.3)) await client.World.Scheduler.Delay(client.Rng.Between(0, 3000));
        foreach (var name in names)
            if (await Has(client, name, requestId) is { } found) client.World.Fail("taking several locks", $"request {requestId} {what}, and {name} has it: {found}");
    }

    private static async Task<LockState?> Has(Client client, string name, string requestId)
    {
        var state = await client.Ask(EntityId.Lock(name), () => new Command { GetLock = new GetLockRequest { Name = name } });
        return state.Reply?.Lock is { } found && (found.Holders.Any(h => h.HolderId == requestId) || found.Waiters.Any(w => w.HolderId == requestId)) ? found : null;
    }

    public async Task Finish(Client client)
    {
        // Longer than anybody waits, and than what was lost is asked again.
        await client.World.Scheduler.Delay(15_000);
        foreach (var one in abandoned.Where(a => !a.Session.IsOver)) await MustHaveAllOrNone(client, one);
        foreach (var session in all) session.IsPaused = true;
        var last = await SessionOfClient.Open(client, 5000, 60_000);
        if (last is null) client.World.Fail("healing", "no session could be opened");
        else
        {
            all.Add(last);
            string[] names = [.. Enumerable.Range(0, locks).Select(i => $"multi-{i}")];
            if (await Acquire(client, last, names, client.NewRequestId(), 30, 90_000) is null) client.World.Fail("healing", "all locks at once could not be had");
            await last.Close();
        }
    }

    private static async Task MustHaveAllOrNone(Client client, Abandoned one)
    {
        var had = 0;
        foreach (var name in one.Names)
            if (await Has(client, name, one.RequestId) is not null) had++;
        var alive = await client.Ask(one.Session.Id.Entity, () => new Command { KeepAlive = new KeepAliveRequest { SessionId = one.Session.Id.Text } });
        one.Session.Saw(alive);
        if (alive.Reply?.KeepAlive is null) return;
        client.World.Count("several locks, abandoned");
        if (had != 0 && had != one.Names.Length) client.World.Fail("taking several locks", $"of request {one.RequestId} nobody hears any more, and it has {had} of {one.Names.Length}");
    }

    public IEnumerable<Violation> Judge() =>
        LockJudge.Judge([.. holdings.Select(h => h.Grant with { BelievedUntil = Math.Min(Math.Min(h.GivenBackAt, h.Session.ClosedAt), h.Session.SafeUntil) })], []);
}
