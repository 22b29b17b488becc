using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>What the rows of a transaction's coordinator and participants amount to.</summary>
static class StoredState
{
    /// <summary>Whether an intent is held.</summary>
    public static bool HasIntent(SimulatedWorld world, EntityId participant)
    {
        var held = false;
        foreach (var one in Events(world, participant))
            held = one.BodyCase switch
            {
                Event.BodyOneofCase.Prepared => true,
                Event.BodyOneofCase.Applied or Event.BodyOneofCase.Discarded or Event.BodyOneofCase.AttemptDropped or Event.BodyOneofCase.Refused => false,
                _ => held,
            };
        return held;
    }

    public static int TimesApplied(SimulatedWorld world, EntityId participant) => Events(world, participant).Count(e => e.Applied is not null);

    /// <summary>Whether the coordinator has begun something, and not brought it to its end.</summary>
    public static bool IsOpen(SimulatedWorld world, EntityId coordinator)
    {
        var (started, settled) = (false, false);
        foreach (var one in Events(world, coordinator))
        {
            started |= one.TransactionStarted is not null;
            settled |= one.TransactionSettled is not null;
        }
        return started && !settled;
    }

    private static IEnumerable<Event> Events(SimulatedWorld world, EntityId id) => world.Journal.Get(id).All.SelectMany(r => r.Events);
}
