using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>Counts the spots of the run of one transaction (or what else is of interest), and strikes at those that it is told to. Up to the first strike, every run of a seed is the same.</summary>
sealed class Striker
{
    /// <summary>Until those who live take a dead node for lost; its lease runs out later.</summary>
    private const long NoticedAfterMs = 300;

    /// <summary>Long after its shards have other owners.</summary>
    private const long RestartAfterMs = 4000;

    private const long LateMs = 4000;

    private readonly SimulatedWorld world;
    private readonly IReadOnlyList<Strike> strikes;
    private readonly HashSet<EntityId> actors;
    private readonly Dictionary<EntityId, (long First, StoredRow[] Rows)> held = [];
    private (Command Command, long[] DelaysMs)? delayed;
    private int nextStrike;
    private bool over;

    private readonly Predicate<Command> isOfInterest;
    private readonly Predicate<Reply> isAnswer;

    public Striker(SimulatedWorld world, IReadOnlyList<Strike> strikes, IEnumerable<EntityId> actors, Predicate<Command>? isOfInterest = null, Predicate<Reply>? isAnswer = null)
    {
        this.isOfInterest = isOfInterest ?? IsOfTransaction;
        this.isAnswer = isAnswer ?? IsOfTransaction;
        this.world = world;
        this.strikes = strikes;
        this.actors = [.. actors];
        LastStrikeAt = world.Scheduler.Now;
        world.Reached = Reached;
        world.Journal.Direct = Writing;
        world.Network.Direct = (_, command) => delayed is { } one && ReferenceEquals(one.Command, command) ? one.DelaysMs : null;
    }

    public List<Spot> Spots { get; } = [];

    public long LastStrikeAt { get; private set; }

    public bool AllStruck => nextStrike == strikes.Count;

    public bool IsOver => over;

    /// <summary>From now on nothing is counted.</summary>
    public void End() => over = true;

    private void Reached(Point point)
    {
        if (point.Where == Where.Recovered && held.Remove(point.Of, out var late))
            world.Trace($"a late write of {point.Of} {(world.Journal.Get(point.Of).Land(late.First, late.Rows, world) ? "lands" : "does not land")}");
        if (over || !IsOfInterest(point) || Count(new Spot(point.Where, point.Of, point.About)) is not { } way) return;
        switch (way)
        {
            case Way.Node: Crash(point.Of); break;
            case Way.SendersNode: Crash(EntityId.Parse(((Command)point.About!).Sender)); break;
            case Way.Activation: HostOf(point.Of)?.Die(); break;
            case Way.MessageLost: Delay(point); break;
            case Way.MessageLate: Delay(point, LateMs); break;
            case Way.MessageTwice: Delay(point, 1, LateMs); break;
            default: throw new InvalidOperationException($"{way} is for writes");
        }
    }

    private void Delay(Point point, params long[] delaysMs) => delayed = (((SendEffect)point.About!).Command, delaysMs);

    private CommitFate? Writing(EntityId id, IReadOnlyList<Envelope> rows)
    {
        if (over || !actors.Contains(id) || Count(new Spot(null, id, rows)) is not { } way) return null;
        if (way is Way.NodeLate or Way.ActivationLate) held[id] = (world.Journal.Get(id).Highest + 1, StoredRow.From(rows));
        if (way is Way.NodeLost or Way.NodeLanded or Way.NodeLate) Crash(id);
        return new CommitFate(way is Way.NodeLanded or Way.ActivationLanded ? 1 : null, 3);
    }

    private Way? Count(Spot spot)
    {
        Spots.Add(spot);
        if (AllStruck || strikes[nextStrike].Spot != Spots.Count - 1) return null;
        LastStrikeAt = world.Scheduler.Now;
        var way = strikes[nextStrike++].Way;
        world.Trace($"STRIKE {way} at {spot}");
        return way;
    }

    private bool IsOfInterest(Point point) => point.Where switch
    {
        Where.Recovered or Where.Stored => actors.Contains(point.Of),
        Where.Leaving => IsOfInterest((Effect)point.About!),
        Where.Left => ((IReadOnlyList<Effect>)point.About!).Any(IsOfInterest),
        _ => isOfInterest((Command)point.About!),
    };

    private bool IsOfInterest(Effect effect) => effect switch
    {
        SendEffect send => isOfInterest(send.Command),
        AnswerEffect answer => isAnswer(answer.Reply),
        _ => false,
    };

    private static bool IsOfTransaction(Reply reply) => reply is { Transaction: not null } or { Failure.Code: ErrorCode.TxnAborted or ErrorCode.TxnConflict };

    private static bool IsOfTransaction(Command command) => command.BodyCase is Command.BodyOneofCase.RunTransaction
        or (>= Command.BodyOneofCase.Prepare and <= Command.BodyOneofCase.InDoubt);

    private EntityHost? HostOf(EntityId id) => world.Cluster.RunnerOf(world.Shards.ShardOf(id))?.Find(id);

    private void Crash(EntityId whose)
    {
        if (world.Cluster.RunnerOf(world.Shards.ShardOf(whose)) is not { } node) return;
        world.Cluster.Crash(node.Process.Slot, RestartAfterMs);
        world.Scheduler.After(NoticedAfterMs, GiveAway);
    }

    /// <summary>What was to be run by nodes that are down now goes to others.</summary>
    private void GiveAway()
    {
        var nodes = world.Cluster.Nodes;
        for (var shard = 0; shard < world.Shards.ShardCount; shard++)
        {
            var slot = world.Cluster.Allocation.SlotFor(shard, side: 0);
            for (var tries = 0; !nodes[slot].Process.IsUp && tries < nodes.Count; tries++) slot = (slot + 1) % nodes.Count;
            world.Cluster.Allocation.Move(shard, slot);
        }
    }
}
