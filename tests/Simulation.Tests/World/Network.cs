using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// Messages get lost, come late, out of order and, between entities, twice. A client's attempt is one call, which arrives once at most; it comes again
/// only as the next attempt.
/// </summary>
sealed class Network(SimulatedWorld world)
{
    private readonly Dictionary<long, Action<Reply>> calls = [];
    private long lastCall;

    /// <summary>For directed schedules: what becomes of a message, as delays of its copies; null leaves it to chance.</summary>
    public Func<EntityId, Command, long[]?>? Direct { get; set; }

    public void Send(Process from, EntityId to, Command command)
    {
        if (Direct?.Invoke(to, command) is { } delays)
        {
            foreach (var delay in delays) world.Scheduler.After(delay, () => Deliver(from, to, command, 0));
            return;
        }
        var f = world.Faults;
        for (var copies = world.Rng.Chance(f.MessageTwice) ? 2 : 1; copies > 0; copies--)
            if (!world.Rng.Chance(f.MessageLost)) world.Scheduler.After(LongDelay(), () => Deliver(from, to, command, 0));
    }

    /// <summary>From nobody to whom an answer could be given: late, lost or twice.</summary>
    public void Tell(EntityId to, Command command)
    {
        for (var copies = world.Rng.Chance(world.Faults.MessageTwice) ? 2 : 1; copies > 0; copies--)
            if (!world.Rng.Chance(world.Faults.MessageLost)) world.Scheduler.After(LongDelay(), () => Deliver(null, to, command, 0));
    }

    /// <summary>A client's call; the answer may never come.</summary>
    public void Call(EntityId to, Command command, Action<Reply> answered)
    {
        var id = ++lastCall;
        calls[id] = answered;
        if (Direct?.Invoke(to, command) is { } delays)
        {
            foreach (var delay in delays.Take(1)) world.Scheduler.After(delay, () => Deliver(null, to, command, id));
            return;
        }
        if (world.Rng.Chance(world.Faults.MessageLost)) return;
        world.Scheduler.After(LongDelay(), () => Deliver(null, to, command, id));
    }

    public void Answer(long callId, Reply reply)
    {
        if (!calls.Remove(callId, out var answered) || world.Rng.Chance(world.Faults.MessageLost)) return;
        world.Scheduler.After(Delay(), () => answered(reply));
    }

    private long LongDelay()
    {
        if (world.Faults.MessageVeryLate == 0 || !world.Rng.Chance(world.Faults.MessageVeryLate)) return Delay();
        world.Count("message very late");
        return world.Rng.Between(Faults.VeryLateLeastMs, Faults.VeryLateMostMs);
    }

    private long Delay() => world.Rng.Chance(world.Faults.MessageSlow) ? world.Rng.Between(1, world.Faults.MessageSlowMs) : world.Rng.Between(0, 4);

    private void Deliver(Process? from, EntityId to, Command command, long callId)
    {
        world.Reached?.Invoke(new Point(Where.Arriving, to, command));
        if (world.Cluster.Route(from, world.Shards.ShardOf(to)) is not { } node) return;
        node.Process.Run(() => node.Deliver(to, command, callId));
        world.Reached?.Invoke(new Point(Where.Arrived, to, command));
    }
}
