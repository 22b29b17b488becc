using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Google.Protobuf;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>How a transaction is run, apart from what befalls it.</summary>
/// <param name="Scenario">Which one.</param>
/// <param name="Seed">Of the world: in which order things come.</param>
/// <param name="Together">Coordinator and participants are all on one node.</param>
/// <param name="Repeats">The client repeats until it has an answer; else it sends once, and never asks again.</param>
/// <param name="Touched">Others look at the participants all the time; else nobody does for 10 s.</param>
/// <param name="RivalBeforeMs">An older transaction that needs the same was sent so long before, so that this one dies of it and comes again; null: there is none.</param>
/// <param name="Operator">An operator resolves it without each of its participants, again and again, whoever they are.</param>
sealed record Setting(Scenario Scenario, ulong Seed, bool Together = false, bool Repeats = true, bool Touched = true, long? RivalBeforeMs = null, bool Operator = false)
{
    public RuleSwitches Rules { get; init; } = RuleSwitches.AllOn;

    public override string ToString() =>
        $"{Scenario}, seed {Seed}{(Together ? ", on one node" : "")}{(Repeats ? "" : ", sent once")}{(Touched ? "" : ", nobody looks")}{(Operator ? ", with an operator" : "")}{(RivalBeforeMs is { } ms ? $", {ms} ms after a rival" : "")}";
}

/// <summary>What came of it.</summary>
/// <param name="Spots">Every spot up to quiet.</param>
/// <param name="Violations">Empty: all is as it must be.</param>
/// <param name="QuietAfterMs">From the last strike until nothing was open any more; where nobody looked, from when somebody did.</param>
/// <param name="LongestWaitMs">Of anybody who looked.</param>
sealed record CrashResult(IReadOnlyList<Spot> Spots, IReadOnlyList<Violation> Violations, long QuietAfterMs, long LongestWaitMs)
{
    public IReadOnlyList<string> Trace { get; init; } = [];
}

/// <summary>One transaction in a small world in which nothing goes wrong but what it is told to; with a rival, two.</summary>
sealed class CrashRun
{
    /// <summary>A transaction, and what its client was told.</summary>
    private sealed record Sent(TransactionRequest Request, EntityId Coordinator)
    {
        public long At { get; set; }

        public Answer? Told { get; set; }

        /// <summary>Null: the client does not know.</summary>
        public bool? Committed => Told!.Reply?.Transaction is not null ? true : Told.IsAborted() ? false : null;
    }

    private const int Nodes = 4;
    private const long PatienceMs = 60_000;
    private const long StillMs = 500;

    private readonly Setting setting;
    private readonly SimulatedWorld world;
    private readonly Stage stage;
    private readonly Client client;
    private readonly string[] keys;
    private readonly List<EntityId> participants = [];
    private readonly List<Sent> sent = [];
    private Held held = new(null, 0, null);

    public CrashRun(Setting setting, bool tracing = false)
    {
        this.setting = setting;
        world = new SimulatedWorld(setting.Seed, setting.Rules, Faults.None with { HearsLateMs = 100 }, Nodes, shards: 2 * Nodes, tracing) 
        {
            // Usually that is written with a later transaction's row, and there is none.
            KeepRowsMs = 10 * PatienceMs, OutcomeTimes = new OutcomeTimes(SettleMs: 500),
        };
        stage = new Stage(world.Shards, Nodes, setting.Together);
        client = new Client(world, 0);
        keys = [.. setting.Scenario.Before.Select((_, i) => stage.Key(i + 1))];
    }

    public CrashResult Run(params IReadOnlyList<Strike> strikes)
    {
        Await(PrepareAsync, "preparing");
        Add(stage.Id, setting.Scenario.Request);
        if (setting.RivalBeforeMs is not null) Add(stage.RivalId, setting.Scenario.Rival!.Value.Request);
        var striker = new Striker(world, strikes, [.. sent.Select(s => s.Coordinator), .. participants]);
        var bystanders = new Bystanders(world, held.Session);
        if (setting.Touched) bystanders.Begin(participants);
        // What awaits must begin on the world's only thread.
        world.Scheduler.After(setting.RivalBeforeMs ?? 0, () => Send(sent[0]));
        if (sent.Count > 1) world.Scheduler.After(0, () => Send(sent[1]));
        if (setting.Operator) world.Scheduler.After(0, () => Clients.Operator.Insist(world, sent[0].Request.TransactionId, participants, () => striker.IsOver));
        var (from, quiet) = (striker.LastStrikeAt, false);
        if (!setting.Touched)
        {
            world.RunUntil(world.Scheduler.Now + 10_000);
            from = world.Scheduler.Now;
            bystanders.Begin(participants);
        }
        var since = 0L;
        for (var until = world.Scheduler.Now + PatienceMs; !quiet && world.Scheduler.Now < until && world.Violations.Count == 0;)
        {
            world.RunUntil(world.Scheduler.Now + 20);
            var nothingOpen = sent.TrueForAll(s => s.Told is not null && !StoredState.IsOpen(world, s.Coordinator)) && !participants.Exists(p => StoredState.HasIntent(world, p));
            since = !nothingOpen ? 0 : since == 0 ? world.Scheduler.Now : since;
            // A Prepare on its way, or one that waits for word of a lock's holder, is in no row yet.
            quiet = nothingOpen && world.Scheduler.Now - since >= StillMs;
        }
        striker.End();
        var quietAfter = (quiet ? since : world.Scheduler.Now) - Math.Max(from, striker.LastStrikeAt);
        // Late messages come, and must change nothing.
        if (strikes.Any(s => s.Way is Way.MessageLate or Way.MessageTwice)) world.RunUntil(world.Scheduler.Now + 10_000);
        bystanders.End();
        if (!quiet && world.Violations.Count == 0) world.Fail("waiting for quiet", $"{sent.Count(s => s.Told is null)} of {sent.Count} clients were told nothing, and something is open after {PatienceMs / 1000} s");
        if (!striker.AllStruck) throw new InvalidOperationException("a spot was not reached: the run is not the same every time");
        if (world.Violations.Count == 0) Await(() => AuditAsync(bystanders.Reads), "auditing");
        return new CrashResult(striker.Spots, world.Violations, quietAfter, bystanders.LongestWaitMs) { Trace = world.TraceLines };
    }

    private async Task PrepareAsync()
    {
        var scenario = setting.Scenario;
        for (var i = 0; i < keys.Length; i++)
        {
            await MustAsync(EntityId.Key(keys[i]), Put(keys[i], scenario.Before[i]));
            participants.Add(EntityId.Key(keys[i]));
        }
        if (!scenario.HasLock && !scenario.HasSession) return;
        var place = keys.Length + 1;
        var session = stage.Session(place, world.Rng);
        await MustAsync(session.Entity, new Command { CreateSession = new CreateSession { SessionId = session.Text, Request = new CreateSessionRequest { TtlSeconds = 3600 } } });
        held = held with { Session = session };
        if (scenario.HasSession) participants.Add(session.Entity);
        if (!scenario.HasLock) return;
        var name = stage.Lock(place);
        var grant = await MustAsync(EntityId.Lock(name), new Command { AcquireLock = new AcquireLockRequest { Name = name, SessionId = session.Text } });
        held = held with { Lock = name, Fence = grant.LockGrant.Fence };
        participants.Add(EntityId.Lock(name));
    }

    private void Add(string id, Func<string[], Held, TransactionRequest> request)
    {
        var one = new Sent(request(keys, held), stage.CoordinatorOf(id));
        one.Request.TransactionId = id;
        sent.Add(one);
    }

    private async void Send(Sent one)
    {
        one.At = world.Scheduler.Now;
        try
        {
            // Sent once, with an answer that may never come.
            one.Told = setting.Repeats ? await client.Run(one.Request, PatienceMs) : new Answer(await OnceAsync(one), false, world.Scheduler.Now);
        }
        catch (Exception e)
        {
            world.Fail("running", e.ToString());
        }
    }

    private Task<Reply?> OnceAsync(Sent one)
    {
        var source = new TaskCompletionSource<Reply?>();
        world.Network.Call(one.Coordinator, new Command { Entity = one.Coordinator.ToString(), RunTransaction = one.Request, TimeoutMs = 1500 }, reply => source.TrySetResult(reply));
        world.Scheduler.After(1500, () => source.TrySetResult(null));
        return source.Task;
    }

    private async Task AuditAsync(List<KeyCall> history)
    {
        var done = new List<bool>();
        foreach (var one in sent) done.Add(await AuditOutcomeAsync(one));
        if (done[0] && setting.Scenario.After is null) world.Fail("auditing", "it was committed, and can't be");
        for (var i = 0; i < keys.Length; i++) await AuditKeyAsync(i, done, history);
        foreach (var violation in LinearizabilityJudge.Judge(history)) world.Fail("looking", violation.ToString());
        await MustGoOnAsync();
    }

    /// <summary>All agree with each other and with what the client was told.</summary>
    private async Task<bool> AuditOutcomeAsync(Sent one)
    {
        var (id, committed) = (one.Request.TransactionId, one.Committed);
        if (setting.Repeats && committed is null) world.Fail("auditing", $"the client of {id} repeated, and was told {one.Told}");
        var outcome = (await client.Ask(one.Coordinator, () => new Command { GetTransaction = new GetTransactionRequest { TransactionId = id } })).Reply?.TransactionStatus?.Outcome;
        if (outcome == Outcome.InProgress || (committed is not null && outcome != (committed == true ? Outcome.Committed : Outcome.Aborted)))
            world.Fail("auditing", $"the client of {id} was told {one.Told!.Reply}, and the transaction is {outcome}");
        var done = outcome == Outcome.Committed;
        foreach (var participant in participants)
            if (StoredState.Applications(world, participant, id).Count is var times && times != (done ? 1 : 0)) world.Fail("auditing", $"{participant} has applied {id} {times} times, and it is {outcome}");
        return done;
    }

    private async Task AuditKeyAsync(int i, List<bool> done, List<KeyCall> history)
    {
        var scenario = setting.Scenario;
        var (before, after) = (scenario.Before[i], scenario.After?[i]);
        var wanted = done[0] ? after : before;
        var revision = done[0] && after != before ? 2 : 1;
        if (done.Count > 1 && done[1]) (wanted, revision) = ($"{long.Parse(wanted!, CultureInfo.InvariantCulture) + scenario.Rival!.Value.Adds[i]}", revision + 1);
        var key = EntityId.Key(keys[i]);
        var read = (await client.Ask(key, () => new Command { GetKey = new GetKeyRequest { Key = keys[i] } })).Reply?.KeyValue;
        if (read?.Value.ToStringUtf8() != wanted || read?.Revision != revision) world.Fail("auditing", $"'{keys[i]}' is {read}, and must be '{wanted}' at revision {revision}");
        history.Add(new KeyCall(keys[i], KeyAction.Put, KeyEnd.Done, 0, 0) { Value = before, Revision = 1 });
        foreach (var one in sent)
            foreach (var write in StoredState.Applications(world, key, one.Request.TransactionId).Select(a => a.Write).OfType<KeyWritten>())
            {
                var put = new KeyCall(keys[i], KeyAction.Put, one.Committed is null ? KeyEnd.Unknown : KeyEnd.Done, one.At, one.Committed is null ? Time.Never : one.Told!.At) { Value = write.Value.ToStringUtf8() };
                history.Add(one.Committed is null ? put : put with { Revision = write.Revision });
            }
    }

    /// <summary>Nothing is stuck: what has to wait for intents is done at once.</summary>
    private async Task MustGoOnAsync()
    {
        foreach (var key in keys) await MustAsync(EntityId.Key(key), Put(key, "afterwards"));
        if (held.Lock is { } name) await MustAsync(EntityId.Lock(name), new Command { ReleaseLock = new ReleaseLockRequest { Name = name, SessionId = held.Session!.Value.Text, Fence = held.Fence } });
        if (held.Session is { } session) await MustAsync(session.Entity, new Command { CloseSession = new CloseSessionRequest { SessionId = session.Text } });
    }

    private async Task<Reply> MustAsync(EntityId to, Command command)
    {
        var answer = await client.Mutate(to, command.Clone, client.NewRequestId(), 20_000);
        if (answer.Reply is null || answer.Reply.Failure is not null) world.Fail("changing", $"{to} answered {answer} to {command}");
        return answer.Reply ?? new Reply();
    }

    private static Command Put(string key, string value) => new() { PutKey = new PutKeyRequest { Key = key, Value = ByteString.CopyFromUtf8(value) } };

    private void Await(Func<Task> what, string name)
    {
        Task? task = null;
        world.Scheduler.After(0, () => task = what());
        world.Scheduler.RunUntil(world.Scheduler.Now + PatienceMs, () => world.Violations.Count > 0 || task is { IsCompleted: true });
        if (task is { IsFaulted: true }) world.Fail(name, task.Exception!.ToString());
        else if (task is not { IsCompleted: true } && world.Violations.Count == 0) world.Fail(name, "it never came to an end");
    }
}
