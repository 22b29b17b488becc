using AkkaHa.Judge.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>What is stored of locks, for the judges.</summary>
static class LockRows
{
    public static IEnumerable<(string Lock, Event Event)> Of(SimulatedWorld world) =>
        world.Journal.Entities.Where(e => e.Kind == EntityId.LockKind).SelectMany(e => world.Journal.Get(e).Ever.SelectMany(r => r.Events).Select(one => (e.Name, one)));

    /// <summary>An upgrade goes before all who wait, and is no step of the queue.</summary>
    public static QueueEvent? StepOf(string name, Event one) => one.BodyCase switch
    {
        Event.BodyOneofCase.LockEnqueued => new QueueEvent(name, QueueStep.Enqueued, one.LockEnqueued.RequestId),
        Event.BodyOneofCase.LockGranted => new QueueEvent(name, QueueStep.Granted, one.LockGranted.RequestId),
        Event.BodyOneofCase.LockWaiterLeft => new QueueEvent(name, QueueStep.Left, one.LockWaiterLeft.RequestId),
        _ => null,
    };
}
