using System.Collections.Concurrent;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>
/// Two flows close a circle, and while it is looked for, nodes of the locks and of the sessions' slots die and messages get lost, at every point there is. One of the two is refused, and
/// never both; the other gets what it waits for.
/// </summary>
public sealed class DeadlockCrashTests(ITestOutputHelper output)
{
    /// <summary>A lease, a client that finds the new owner, and what was lost is looked for again.</summary>
    private const long WithinMs = 15_000;

    [Fact]
    public void Where_nothing_goes_wrong_it_is_found_within_a_second() =>
        Assert.All(Enumerable.Range(1, 20), seed => Assert.InRange(Calm(new DeadlockRun((ulong)seed).Run([])).QuietAfterMs, 0, 1000));

    [Fact]
    public void A_crash_at_any_point_of_a_search_is_survived() => Check(p => p.Crashes);

    [Fact]
    public void A_message_lost_late_or_doubled_at_any_point_of_a_search_is_survived() => Check(p => p.Messages);

    private static CrashResult Calm(CrashResult result)
    {
        Assert.Empty(result.Violations);
        return result;
    }

    private void Check(Func<Spot, Way[]> ways)
    {
        var spots = new DeadlockRun(1).Run([]).Spots;
        var red = new ConcurrentBag<string>();
        var slowest = 0L;
        var strikes = spots.SelectMany((spot, i) => ways(spot).Select(way => new Strike(i, way))).ToArray();
        Parallel.ForEach(strikes, strike =>
        {
            var result = new DeadlockRun(1).Run(strike);
            InterlockedMax(ref slowest, result.QuietAfterMs);
            if (result.Violations.Count > 0) red.Add($"{strike.Way} at {result.Spots[strike.Spot]} (spot {strike.Spot})\n  {string.Join("\n  ", result.Violations.Take(3))}");
        });
        output.WriteLine($"{strikes.Length} runs, over at most {slowest} ms after the circle had closed");
        Assert.True(red.IsEmpty, $"{red.Count} runs are red:\n{string.Join("\n\n", red.Take(5))}");
        Assert.InRange(slowest, 1, WithinMs);
        Assert.True(strikes.Length > 10);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, value, seen);
    }

    /// <summary>Two locks and two sessions, on a node each. Each flow has one lock and then waits for the other.</summary>
    private sealed class DeadlockRun
    {
        private const int Nodes = 4;
        private const long PatienceMs = 60_000;

        private readonly SimulatedWorld world;
        private readonly Client[] clients;
        private readonly string[] names;
        private readonly SessionId[] sessions;
        private readonly long[] fences = new long[2];
        private readonly Answer?[] told = new Answer?[2];
        private long closedAt;

        public DeadlockRun(ulong seed)
        {
            world = new SimulatedWorld(seed, RuleSwitches.AllOn, Faults.None with { HearsLateMs = 100 }, Nodes, shards: 2 * Nodes) { KeepRowsMs = 10 * PatienceMs };
            var stage = new Stage(world.Shards, Nodes, together: false);
            names = [stage.Lock(1), stage.Lock(2)];
            sessions = [stage.Session(3, world.Rng), stage.Session(4, world.Rng)];
            clients = [new Client(world, 0), new Client(world, 1)];
        }

        public CrashResult Run(params IReadOnlyList<Strike> strikes)
        {
            Await(PrepareAsync);
            world.Scheduler.After(0, () => Wait(0));
            world.RunUntil(world.Scheduler.Now + 500);
            closedAt = world.Scheduler.Now;
            var striker = new Striker(world, strikes, [.. names.Select(EntityId.Lock), .. sessions.Select(s => s.Entity)],
                c => c.BodyCase is Command.BodyOneofCase.ChaseFlow or Command.BodyOneofCase.ConfirmCycle or Command.BodyOneofCase.FlowsWaiting, r => r.Failure?.Code == ErrorCode.Deadlock);
            world.Scheduler.After(0, () => Wait(1));
            world.Scheduler.RunUntil(closedAt + PatienceMs, () => world.Violations.Count > 0 || told.Any(t => t is not null));
            var foundAfter = world.Scheduler.Now - closedAt;
            // Nobody else is refused, whatever comes late.
            world.RunUntil(world.Scheduler.Now + 6000);
            striker.End();
            if (!striker.AllStruck && world.Violations.Count == 0 && told.All(t => t is null)) world.Fail("looking for the circle", "nobody was refused");
            if (world.Violations.Count == 0) Await(AuditAsync);
            return new CrashResult(striker.Spots, world.Violations, foundAfter, 0);
        }

        private async Task PrepareAsync()
        {
            for (var i = 0; i < 2; i++)
            {
                var session = sessions[i];
                await clients[i].Mutate(session.Entity, () => new Command { CreateSession = new CreateSession { SessionId = session.Text, Request = new CreateSessionRequest { TtlSeconds = 3600 } } }, clients[i].NewRequestId());
                var answer = await clients[i].Mutate(EntityId.Lock(names[i]), () => Acquire(i, names[i], 0), clients[i].NewRequestId());
                fences[i] = answer.Reply!.LockGrant.Fence;
            }
        }

        private Command Acquire(int flow, string name, double wait) =>
            new() { AcquireLock = new AcquireLockRequest { Name = name, SessionId = sessions[flow].Text, FlowId = $"flow-{flow}", Label = $"label-{flow}", WaitSeconds = wait } };

        private async void Wait(int flow)
        {
            try
            {
                // Short calls, since a call to a node that dies is never answered here; and no place is left behind.
                var (client, name) = (clients[flow], names[1 - flow]);
                while (told[flow] is null)
                {
                    var requestId = client.NewRequestId();
                    var answer = await client.Mutate(EntityId.Lock(name), () => Acquire(flow, name, 3), requestId, PatienceMs);
                    if (answer.Code != ErrorCode.LockHeld) told[flow] = answer;
                    else await client.Ask(EntityId.Lock(name), () => new Command { CancelLock = new CancelLockRequest { Name = name, SessionId = sessions[flow].Text, RequestId = requestId } }, PatienceMs);
                }
            }
            catch (Exception e)
            {
                world.Fail("waiting", e.ToString());
            }
        }

        private async Task AuditAsync()
        {
            int[] refused = [.. Enumerable.Range(0, 2).Where(i => told[i]?.Code == ErrorCode.Deadlock)];
            if (refused is not [var victim])
            {
                world.Fail("auditing", $"{refused.Length} were refused: {told[0]}; {told[1]}");
                return;
            }
            var cycle = told[victim]!.Reply!.Failure.Details.Fields["cycle"].ListValue.Values.Select(v => v.StructValue.Fields).ToArray();
            if (cycle.Length != 2 || cycle[0]["flowId"].StringValue != $"flow-{victim}" || cycle[1]["lock"].StringValue != names[victim]) world.Fail("auditing", $"the circle is told as {told[victim]}");
            await clients[victim].Mutate(EntityId.Lock(names[victim]),
                () => new Command { ReleaseLock = new ReleaseLockRequest { Name = names[victim], SessionId = sessions[victim].Text, Fence = fences[victim] } }, clients[victim].NewRequestId(), 20_000);
            for (var until = world.Scheduler.Now + 20_000; told[1 - victim]?.Reply?.LockGrant is null && world.Scheduler.Now < until;) await world.Scheduler.Delay(50);
            if (told[1 - victim]?.Reply?.LockGrant is null) world.Fail("auditing", $"the other one was told {told[1 - victim]}");
        }

        private void Await(Func<Task> what)
        {
            Task? task = null;
            world.Scheduler.After(0, () => task = what());
            world.Scheduler.RunUntil(world.Scheduler.Now + PatienceMs, () => world.Violations.Count > 0 || task is { IsCompleted: true });
            if (task is { IsFaulted: true }) world.Fail("running", task.Exception!.ToString());
            else if (task is not { IsCompleted: true } && world.Violations.Count == 0) world.Fail("running", "it never came to an end");
        }
    }
}
