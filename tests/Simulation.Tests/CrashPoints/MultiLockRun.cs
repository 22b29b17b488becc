using AkkaHa.Core.Entities;
using AkkaHa.Judge;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>What becomes of an acquireAll of three locks, apart from what befalls it.</summary>
enum Course
{
    /// <summary>All are free.</summary>
    Free,

    /// <summary>The second is held, and let go in time.</summary>
    LetGo,

    /// <summary>The second stays held for longer than is waited.</summary>
    StaysHeld,

    /// <summary>The third is held, and it is only tried.</summary>
    Tried,

    /// <summary>The second is held, and the caller takes it back after a while.</summary>
    Cancelled,

    /// <summary>As <see cref="LetGo"/>, by a caller that asks once and is never heard of again.</summary>
    SentOnce,
}

/// <summary>One acquireAll in a small world in which nothing goes wrong but what it is told to. The slot and the three locks live on a node each.</summary>
sealed class MultiLockRun
{
    private const int Nodes = 4;
    private const long PatienceMs = 60_000;

    private readonly Course course;
    private readonly SimulatedWorld world;
    private readonly Client client;
    private readonly string[] names;
    private readonly SessionId session;
    private readonly string requestId;
    private Answer? told;
    private bool isTakenBack;
    private bool ended;

    public MultiLockRun(Course course, ulong seed, RuleSwitches rules, bool tracing = false)
    {
        this.course = course;
        world = new SimulatedWorld(seed, rules, Faults.None with { HearsLateMs = 100 }, Nodes, shards: 2 * Nodes, tracing) { KeepRowsMs = 10 * PatienceMs };
        client = new Client(world, 0);
        var stage = new Stage(world.Shards, Nodes, together: false);
        names = [.. Enumerable.Range(1, 3).Select(stage.Lock)];
        session = stage.Session(Nodes, world.Rng);
        requestId = client.NewRequestId();
    }

    private EntityId Slot => session.Entity;

    public CrashResult Run(params IReadOnlyList<Strike> strikes)
    {
        Await(PrepareAsync, "preparing");
        var striker = new Striker(world, strikes, [Slot, .. names.Select(EntityId.Lock)], IsOfInterest, reply => reply.AcquireAllLocks is not null || reply.Failure?.Code == ErrorCode.LockHeld);
        world.Scheduler.After(0, Send);
        var quiet = false;
        for (var until = world.Scheduler.Now + PatienceMs; !quiet && world.Scheduler.Now < until && world.Violations.Count == 0;)
        {
            world.RunUntil(world.Scheduler.Now + 20);
            quiet = ended && !IsOpen;
        }
        striker.End();
        var quietAfter = world.Scheduler.Now - striker.LastStrikeAt;
        if (strikes.Any(s => s.Way is Way.MessageLate or Way.MessageTwice)) world.RunUntil(world.Scheduler.Now + 10_000);
        if (!quiet && world.Violations.Count == 0) world.Fail("waiting for quiet", $"the client {(ended ? "has come to its end" : "waits still")}, and the slot {(IsOpen ? "has work under way" : "is done")} after {PatienceMs / 1000} s");
        if (!striker.AllStruck) throw new InvalidOperationException("a spot was not reached: the run is not the same every time");
        if (world.Violations.Count == 0) Await(AuditAsync, "auditing");
        return new CrashResult(striker.Spots, world.Violations, quietAfter, 0) { Trace = world.TraceLines };
    }

    private static bool IsOfInterest(Command command) => command.BodyCase is Command.BodyOneofCase.AcquireAllLocks or Command.BodyOneofCase.CancelAllLocks or Command.BodyOneofCase.LockAnswer
        || (command.Sender.Length > 0 && command.BodyCase is Command.BodyOneofCase.AcquireLock or Command.BodyOneofCase.CancelLock);

    /// <summary>By the rows: begun, and not ended.</summary>
    private bool IsOpen
    {
        get
        {
            var open = 0;
            foreach (var one in world.Journal.Get(Slot).All.SelectMany(r => r.Events))
            {
                if (one.MultiLockStarted is not null || (one.MultiLockUndoing is not null && open == 0)) open++;
                if (one.MultiLockEnded is not null) open--;
            }
            return open > 0;
        }
    }

    private async Task PrepareAsync()
    {
        await CreateAsync(session);
        if (course is Course.Free) return;
        var other = SessionId.Create(session.Slot - 1, world.Rng.Uuid7(SimulatedWorld.EpochMs));
        await CreateAsync(other);
        var name = course == Course.Tried ? names[2] : names[1];
        var grant = await MustAsync(EntityId.Lock(name), new Command { AcquireLock = new AcquireLockRequest { Name = name, SessionId = other.Text } });
        if (course is Course.LetGo or Course.SentOnce)
            world.Scheduler.After(700, async () => await MustAsync(EntityId.Lock(name), new Command { ReleaseLock = new ReleaseLockRequest { Name = name, SessionId = other.Text, Fence = grant.LockGrant.Fence } }));
    }

    private Task<Reply> CreateAsync(SessionId id) =>
        MustAsync(id.Entity, new Command { CreateSession = new CreateSession { SessionId = id.Text, Request = new CreateSessionRequest { TtlSeconds = 3600 } } });

    private async void Send()
    {
        try
        {
            var wait = course switch { Course.Tried => 0, Course.StaysHeld => 1, Course.Cancelled => 20, _ => 10 };
            Command Acquire() => new()
            {
                AcquireAllLocks = new AcquireAllLocksRequest { SessionId = session.Text, WaitSeconds = wait, Locks = { names.Reverse().Select(n => new AkkaHa.Messages.V1.LockWish { Name = n }) } },
            };
            switch (course)
            {
                case Course.SentOnce:
                    told = new Answer(await OnceAsync(Acquire()), false, world.Scheduler.Now);
                    break;
                case Course.Cancelled:
                    var acquiring = client.Mutate(Slot, Acquire, requestId, PatienceMs);
                    await world.Scheduler.Delay(500);
                    var answer = await new Client(world, 1).Ask(Slot, () => new Command { CancelAllLocks = new CancelAllLocksRequest { SessionId = session.Text, RequestId = requestId } }, PatienceMs);
                    isTakenBack = answer.Reply?.CancelAllLocks is not null;
                    if (!isTakenBack) world.Fail("taking back", $"the answer was {answer}");
                    told = await acquiring;
                    break;
                default:
                    told = await client.Mutate(Slot, Acquire, requestId, PatienceMs);
                    break;
            }
        }
        catch (Exception e)
        {
            world.Fail("running", e.ToString());
        }
        ended = true;
    }

    private Task<Reply?> OnceAsync(Command command)
    {
        (command.Entity, command.RequestId, command.Attempt) = (Slot.ToString(), requestId, 1);
        var source = new TaskCompletionSource<Reply?>();
        world.Network.Call(Slot, command, reply => source.TrySetResult(reply));
        world.Scheduler.After(11_000, () => source.TrySetResult(null));
        return source.Task;
    }

    private async Task AuditAsync()
    {
        var fences = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var state = (await client.Ask(EntityId.Lock(name), () => new Command { GetLock = new GetLockRequest { Name = name } }, 20_000)).Reply?.Lock;
            if (state is null) world.Fail("auditing", $"{name} says nothing");
            else if (state.Waiters.Count > 0) world.Fail("auditing", $"{name} is waited for: {state}");
            else if (state.Holders.FirstOrDefault(h => h.HolderId == requestId) is { } mine) fences[name] = mine.Fence;
        }
        var granted = told!.Reply?.AcquireAllLocks;
        if (fences.Count != 0 && fences.Count != names.Length) world.Fail("auditing", $"the client was told {told}, and {fences.Count} locks are held");
        if (isTakenBack || told.Code == ErrorCode.LockHeld)
        {
            if (fences.Count > 0) world.Fail("auditing", $"the client was told {told}, taken back {isTakenBack}, and the locks are held");
        }
        else if (granted is not null && granted.Locks.Any(l => fences.GetValueOrDefault(l.Name) != l.Fence)) world.Fail("auditing", $"the client was told {granted}, and has {string.Join(", ", fences)}");
        else if (granted is null && course != Course.SentOnce) world.Fail("auditing", $"the client was told {told}");
        if (course is Course.Free or Course.LetGo && granted is null) world.Fail("auditing", $"the client was told {told}");
        if (course is Course.StaysHeld or Course.Tried && told.Code != ErrorCode.LockHeld) world.Fail("auditing", $"the client was told {told}");
        await MustAsync(Slot, new Command { CloseSession = new CloseSessionRequest { SessionId = session.Text } });
    }

    private async Task<Reply> MustAsync(EntityId to, Command command)
    {
        var answer = await client.Mutate(to, command.Clone, client.NewRequestId(), 20_000);
        if (answer.Reply is null || answer.Reply.Failure is not null) world.Fail("changing", $"{to} answered {answer} to {command}");
        return answer.Reply ?? new Reply();
    }

    private void Await(Func<Task> what, string name)
    {
        Task? task = null;
        world.Scheduler.After(0, () => task = what());
        world.Scheduler.RunUntil(world.Scheduler.Now + PatienceMs, () => world.Violations.Count > 0 || task is { IsCompleted: true });
        if (task is { IsFaulted: true }) world.Fail(name, task.Exception!.ToString());
        else if (task is not { IsCompleted: true } && world.Violations.Count == 0) world.Fail(name, "it never came to an end");
    }
}
