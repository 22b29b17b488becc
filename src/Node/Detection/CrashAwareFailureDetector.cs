using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace AkkaHa.Node.Detection;

/// <summary>
/// Akka's accrual failure detector, which must wait for heartbeats to stay away, and which takes a process whose port refuses connections for unreachable at once.
/// Unreachable alone costs nothing: it is looked at, and comes back with the next connection.
/// </summary>
/// <param name="config">Of the cluster's failure detector.</param>
/// <param name="events">Of the actor system.</param>
internal sealed class CrashAwareFailureDetector(Config config, EventStream events) : PhiAccrualFailureDetector(config, events)
{
    private readonly CrashEvidence evidence = CrashEvidence.Of(events);

    public override bool IsAvailable => base.IsAvailable && !evidence.Has(Address);
}
