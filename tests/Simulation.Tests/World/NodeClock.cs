using AkkaHa.Core.Entities;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// The clocks of one process: they begin anywhere, the wall clock is wrong by a fixed amount, and both run at a speed of their own. Any two processes differ
/// by less than one in a hundred, which is what leases rest on.
/// </summary>
sealed class NodeClock
{
    private const long Million = 1_000_000;
    private const long WatchedForMs = 700;

    private readonly Scheduler scheduler;
    private readonly long monoAtStart;
    private readonly long wallAtStart;
    private long startedAt;
    private readonly long speed;

    public NodeClock(Scheduler scheduler, Rng rng, Faults faults)
    {
        this.scheduler = scheduler;
        startedAt = scheduler.Now;
        monoAtStart = rng.Between(1, Million);
        wallAtStart = SimulatedWorld.EpochMs + startedAt + rng.Between(-faults.SkewMs, faults.SkewMs);
        speed = Million + rng.Between(-faults.DriftPpm, faults.DriftPpm);
    }

    /// <summary>It goes on while the process does nothing.</summary>
    public long MonoMs => monoAtStart + Elapsed;

    /// <summary>By turns somebody watches and nobody does.</summary>
    public Moment Moment => new(wallAtStart + Elapsed, monoAtStart + Elapsed, IsWatched: Elapsed / WatchedForMs % 2 == 0);

    /// <summary>It stops while its process stands still, as when a virtual machine is suspended: what no lease can bear.</summary>
    public void StandStill(long ms) => startedAt += ms;

    /// <summary>How long to wait, on the world's clock, until this one shows that time.</summary>
    public long Until(long monoMs) => Math.Max(0, startedAt + ((((monoMs - monoAtStart) * Million) + speed - 1) / speed) - scheduler.Now);

    private long Elapsed => (scheduler.Now - startedAt) * speed / Million;
}
