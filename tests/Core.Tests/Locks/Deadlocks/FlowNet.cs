using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Tests.Locks.Deadlocks;

/// <summary>
/// Flows that take locks, the locks, and the slot of their sessions, with messages between them that are under way until a test delivers them, in any order. Flow n is a session of its own.
/// It sees all at once, which nobody in a cluster can: which waits there are at each step.
/// </summary>
sealed class FlowNet
{
    /// <summary>That a flow waits at a lock for another flow.</summary>
    public readonly record struct Edge(int Waiter, string Lock, int Holder);

    private readonly RuleSwitches rules;
    private readonly Dictionary<EntityId, Entity> entities = [];
    private readonly List<(EntityId To, Command Command)> pending = [];
    private readonly Dictionary<long, Action<Reply>> calls = [];
    private readonly Flow[] flows;
    private readonly List<HashSet<Edge>> history = [];
    private long elapsedMs;
    private long lastCall;
    private byte lastRequest;

    public sealed class Flow
    {
        /// <summary>Where it waits, and by which request.</summary>
        public (string Lock, string RequestId)? Waits { get; set; }

        /// <summary>What it waits for is to be upgraded.</summary>
        public bool IsUpgrading { get; set; }

        public Dictionary<string, long> Held { get; } = new(StringComparer.Ordinal);

        /// <summary>Of what it holds, what may be upgraded.</summary>
        public HashSet<string> Upgradeable { get; } = new(StringComparer.Ordinal);

        public List<Failure> Deadlocks { get; } = [];

        /// <summary>How many of these were of an upgrade.</summary>
        public int RefusedUpgrades { get; set; }
    }

    public FlowNet(int count, RuleSwitches? rules = null)
    {
        this.rules = rules ?? RuleSwitches.AllOn;
        flows = [.. Enumerable.Range(0, count).Select(_ => new Flow())];
        for (var i = 0; i < count; i++)
            Call(Slot, new Command { CreateSession = new CreateSession { SessionId = Session(i), Request = new CreateSessionRequest { TtlSeconds = 3600 } }, RequestId = Make.RequestId(number: (byte)(200 + i)), Attempt = 1 }, _ => { });
    }

    public static EntityId Slot => EntityId.SessionSlot(4);

    public IReadOnlyList<Flow> Flows => flows;

    public long ElapsedMs => elapsedMs;

    public int Pending => pending.Count;

    /// <summary>Messages of searches that were sent so far.</summary>
    public int Searching { get; private set; }

    public static string Session(int flow) => SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)flow)).Text;

    public void Acquire(int flow, string name, LockMode mode = LockMode.Exclusive, bool hasFlow = true, string label = "", int permits = 0, int limit = 0)
    {
        var requestId = Make.RequestId(elapsedMs, ++lastRequest);
        var me = flows[flow];
        me.Waits = (name, requestId);
        Call(EntityId.Lock(name), new Command
        {
            RequestId = requestId, Attempt = 1,
            AcquireLock = new AcquireLockRequest { Name = name, SessionId = Session(flow), Mode = mode, WaitSeconds = 60, FlowId = hasFlow ? $"f{flow}" : "", Label = label, Permits = permits, Limit = limit },
        }, reply =>
        {
            if (me.Waits?.RequestId == requestId) me.Waits = null;
            if (reply.LockGrant is { } grant)
            {
                me.Held[name] = grant.Fence;
                if (mode == LockMode.Upgradeable) me.Upgradeable.Add(name);
            }
            if (reply.Failure?.Code != ErrorCode.Deadlock) return;
            // What was there just before it was refused is in the history already.
            me.Deadlocks.Add(reply.Failure);
        });
    }

    /// <summary>From upgradeable to exclusive. However it fails, it goes on being held as it was.</summary>
    public void Upgrade(int flow, string name)
    {
        var requestId = Make.RequestId(elapsedMs, ++lastRequest);
        var me = flows[flow];
        (me.Waits, me.IsUpgrading) = ((name, requestId), true);
        Call(EntityId.Lock(name), new Command
        {
            RequestId = requestId, Attempt = 1, UpgradeLock = new UpgradeLockRequest { Name = name, SessionId = Session(flow), Fence = me.Held[name], WaitSeconds = 60 },
        }, reply =>
        {
            if (me.Waits?.RequestId == requestId) (me.Waits, me.IsUpgrading) = (null, false);
            if (reply.LockGrant is { } grant)
            {
                me.Held[name] = grant.Fence;
                me.Upgradeable.Remove(name);
            }
            if (reply.Failure?.Code != ErrorCode.Deadlock) return;
            me.Deadlocks.Add(reply.Failure);
            me.RefusedUpgrades++;
        });
    }

    /// <summary>Several at once: taken by the slot, and held by the flow as if it had taken them itself.</summary>
    public void AcquireAll(int flow, params string[] names)
    {
        var acquire = new AcquireAllLocksRequest { SessionId = Session(flow), WaitSeconds = 60, FlowId = $"f{flow}", Label = $"all of {flow}", Locks = { names.Select(n => new LockWish { Name = n }) } };
        Call(Slot, new Command { RequestId = Make.RequestId(elapsedMs, ++lastRequest), Attempt = 1, AcquireAllLocks = acquire }, reply =>
        {
            foreach (var grant in reply.AcquireAllLocks?.Locks ?? []) flows[flow].Held[grant.Name] = grant.Fence;
            if (reply.Failure?.Code == ErrorCode.Deadlock) flows[flow].Deadlocks.Add(reply.Failure);
        });
    }

    /// <summary>Who has it, by what the lock has stored.</summary>
    public string HolderOf(string name) => string.Join(", ", entities[EntityId.Lock(name)].TakeSnapshot().Lock.Holders.Select(h => h.Grant.FlowId));

    public void Release(int flow, string name)
    {
        var fence = flows[flow].Held[name];
        flows[flow].Held.Remove(name);
        flows[flow].Upgradeable.Remove(name);
        Call(EntityId.Lock(name), new Command
        {
            ReleaseLock = new ReleaseLockRequest { Name = name, SessionId = Session(flow), Fence = fence }, RequestId = Make.RequestId(elapsedMs, ++lastRequest), Attempt = 1,
        }, _ => { });
    }

    public void Cancel(int flow)
    {
        if (flows[flow] is not { Waits: { } waits, IsUpgrading: false }) return;
        Call(EntityId.Lock(waits.Lock), new Command { CancelLock = new CancelLockRequest { Name = waits.Lock, SessionId = Session(flow), RequestId = waits.RequestId } }, _ =>
        {
            flows[flow].Waits = null;
            flows[flow].Held.Remove(waits.Lock);
            flows[flow].Upgradeable.Remove(waits.Lock);
        });
    }

    /// <summary>One of the messages on their way arrives.</summary>
    public void Deliver(int which)
    {
        if (pending.Count == 0) return;
        var (to, command) = pending[which % pending.Count];
        pending.RemoveAt(which % pending.Count);
        Run(to, [new Incoming(0, command)]);
    }

    public void DeliverAll()
    {
        while (pending.Count > 0) Deliver(0);
    }

    public void Advance(long ms)
    {
        elapsedMs += ms;
        foreach (var (id, entity) in entities.ToArray())
            if (entity.WakeAtMs <= Now.MonoMs) Run(id, []);
    }

    /// <summary>Time passes, and messages arrive at once.</summary>
    public void Quiet(long ms)
    {
        for (var until = elapsedMs + ms; elapsedMs < until;)
        {
            DeliverAll();
            Advance(10);
        }
        DeliverAll();
    }

    /// <summary>Whether all of these waits were there at one step.</summary>
    public bool WereAtOnce(IReadOnlyList<Edge> circle) => history.Exists(step => circle.All(step.Contains));

    /// <summary>The circle that a refusal tells of.</summary>
    public static Edge[] CircleOf(Failure deadlock)
    {
        var told = deadlock.Details.Fields["cycle"].ListValue.Values.Select(v => v.StructValue.Fields).ToArray();
        int FlowOf(int i) => int.Parse(told[i % told.Length]["flowId"].StringValue[1..], System.Globalization.CultureInfo.InvariantCulture);
        return [.. told.Select((one, i) => new Edge(FlowOf(i), one["lock"].StringValue, FlowOf(i + 1)))];
    }

    /// <summary>Flows that can't go on by themselves: they are in a circle.</summary>
    public IReadOnlyList<int> InCircles() => [.. Enumerable.Range(0, flows.Length).Where(f => Reaches(f, f, Edges()))];

    /// <summary>For whoever looks at a red run.</summary>
    public override string ToString() =>
        $"at {elapsedMs}: {string.Join(", ", Edges())}; {string.Join("; ", entities.Where(e => e.Key.Kind == EntityId.LockKind).Select(e => $"{e.Key} (wakes at {e.Value.WakeAtMs}): {e.Value.TakeSnapshot().Lock}"))}";

    private static bool Reaches(int from, int to, HashSet<Edge> edges)
    {
        var (seen, next) = (new HashSet<int>(), new Stack<int>([from]));
        while (next.TryPop(out var at))
            foreach (var edge in edges.Where(e => e.Waiter == at))
            {
                if (edge.Holder == to) return true;
                if (seen.Add(edge.Holder)) next.Push(edge.Holder);
            }
        return false;
    }

    private Moment Now => new(Scenario.StartMs + elapsedMs, 1000 + elapsedMs);

    private void Call(EntityId to, Command command, Action<Reply> then)
    {
        calls[++lastCall] = then;
        Run(to, [new Incoming(lastCall, command)]);
    }

    private void Run(EntityId id, IReadOnlyList<Incoming> incoming)
    {
        if (!entities.TryGetValue(id, out var entity))
        {
            entities[id] = entity = new Entity(id, Machines.For(id, rules), 1, false, rules);
            entity.FinishRecovery(0);
        }
        // As over a network: nothing is shared.
        var batch = entity.Decide([.. incoming.Select(i => i with { Command = i.Command.Clone() })], Now);
        if (batch.Rows.Count > 0) entity.Persisted();
        foreach (var effect in batch.Now.Concat(batch.Afterwards))
        {
            if (effect is SendEffect send)
            {
                pending.Add((send.To, send.Command.Clone()));
                if (send.Command.BodyCase is Command.BodyOneofCase.ChaseFlow or Command.BodyOneofCase.ConfirmCycle or Command.BodyOneofCase.FlowsWaiting) Searching++;
            }
            else if (effect is AnswerEffect answer && calls.Remove(answer.Call.Id, out var then)) then(answer.Reply);
        }
        history.Add(Edges());
    }

    /// <summary>By what the locks have stored, and by who of the flows still waits for an answer. Reckoned otherwise than the locks do.</summary>
    private HashSet<Edge> Edges()
    {
        var edges = new HashSet<Edge>();
        foreach (var (id, entity) in entities.Where(e => e.Key.Kind == EntityId.LockKind))
        {
            var state = entity.TakeSnapshot().Lock;
            var upgrade = state.Upgrade?.Asked;
            if (upgrade is not null && WaitingBy(upgrade.RequestId) is { } upgrading) Add(upgrading, h => h.Fence != upgrade.Fence);
            var before = new List<LockEnqueued>();
            foreach (var waiter in state.Waiters.Select(w => w.Waiter))
            {
                before.Add(waiter);
                // Nobody overtakes, and nobody comes in before whoever is to be upgraded.
                if (waiter.FlowId.Length > 0 && WaitingBy(waiter.RequestId) is { } flow) Add(flow, h => upgrade is not null || before.Exists(w => !GoTogether(h, w)));
            }

            void Add(int waiter, Func<LockGranted, bool> waitsFor)
            {
                foreach (var holder in state.Holders.Select(h => h.Grant).Where(h => h.FlowId.Length > 0 && waitsFor(h)))
                    edges.Add(new Edge(waiter, id.Name, int.Parse(holder.FlowId[1..], System.Globalization.CultureInfo.InvariantCulture)));
            }
        }
        return edges;
    }

    private int? WaitingBy(string requestId) => Array.FindIndex(flows, f => f.Waits?.RequestId == requestId) is var flow and >= 0 ? flow : null;

    /// <summary>Whether this one could be let in if this holder were the only one.</summary>
    private static bool GoTogether(LockGranted holder, LockEnqueued waiter) => (holder.Mode, waiter.Mode) switch
    {
        (LockMode.Semaphore, LockMode.Semaphore) => holder.Permits + waiter.Permits <= holder.Limit,
        (LockMode.Shared, LockMode.Shared) or (LockMode.Shared, LockMode.Upgradeable) or (LockMode.Upgradeable, LockMode.Shared) => true,
        _ => false,
    };
}
