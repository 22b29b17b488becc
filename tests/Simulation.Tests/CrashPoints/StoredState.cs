using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>What the rows of a transaction's coordinator and participants amount to.</summary>
static class StoredState
{
    /// <summary>Whether an intent is held, of whichever transaction.</summary>
    public static bool HasIntent(SimulatedWorld world, EntityId participant)
    {
        var held = new HashSet<string>();
        foreach (var one in Events(world, participant))
        {
            switch (one.BodyCase)
            {
                case Event.BodyOneofCase.Prepared: held.Add(one.Prepared.TransactionId); break;
                case Event.BodyOneofCase.Applied: held.Remove(one.Applied.TransactionId); break;
                case Event.BodyOneofCase.Discarded: held.Remove(one.Discarded.TransactionId); break;
                case Event.BodyOneofCase.AttemptDropped: held.Remove(one.AttemptDropped.TransactionId); break;
                case Event.BodyOneofCase.Refused: held.Remove(one.Refused.TransactionId); break;
                default: break;
            }
        }
        return held.Count > 0;
    }

    /// <summary>Each time that it was applied here.</summary>
    public static IReadOnlyList<Applied> Applications(SimulatedWorld world, EntityId participant, string transactionId) =>
        [.. Events(world, participant).Select(e => e.Applied).OfType<Applied>().Where(a => a.TransactionId == transactionId)];

    /// <summary>Whether the coordinator has begun something, and not brought it to its end.</summary>
    public static bool IsOpen(SimulatedWorld world, EntityId coordinator)
    {
        var open = new HashSet<string>();
        foreach (var one in Events(world, coordinator))
        {
            if (one.TransactionStarted is { } started) open.Add(started.TransactionId);
            if (one.TransactionSettled is { } settled) open.Remove(settled.TransactionId);
        }
        return open.Count > 0;
    }

    private static IEnumerable<Event> Events(SimulatedWorld world, EntityId id) => world.Journal.Get(id).All.SelectMany(r => r.Events);
}
