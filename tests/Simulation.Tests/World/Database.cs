namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// The way to the database and back. A transaction takes time, may fail, may be committed with the answer lost, may be slow; the database may be gone
/// altogether for a while, or for one process alone.
/// </summary>
sealed class Database(SimulatedWorld world)
{
    /// <summary>After this long without an answer, the outcome counts as unknown. The transaction may still be committed later.</summary>
    public const long PatienceMs = 1000;

    private long outageUntil;

    public OwnershipTables Tables { get; } = new(world);

    public bool IsOut => world.Scheduler.Now < outageUntil;

    public void GoOut(long ms) => outageUntil = Math.Max(outageUntil, world.Scheduler.Now + ms);

    public bool Reaches(Process process) => !IsOut && !process.IsCutFromDatabase;

    /// <summary>One transaction on the tables of ownership. Exactly one of the two continuations is run, in the process, if it is still there.</summary>
    public void Transact<T>(Process from, Func<T> commit, Action<T> known, Action unknown, long patienceMs = PatienceMs)
    {
        var f = world.Faults;
        var normal = world.Rng.Between(1, 5);
        if (!Reaches(from))
        {
            // A request that got through, and its answer did not.
            if (!IsOut && world.Rng.Chance(0.2)) Commit(normal);
            GiveUp(world.Rng.Between(20, patienceMs));
        }
        else if (world.Rng.Chance(f.TransactionFails)) GiveUp(normal);
        else if (world.Rng.Chance(f.TransactionUnknown))
        {
            world.Count("transaction with its answer lost");
            Commit(normal);
            GiveUp(normal + world.Rng.Between(0, 50));
        }
        else if (world.Rng.Chance(f.TransactionSlow) && world.Rng.Between(50, 4000) is var slow && slow >= patienceMs)
        {
            Commit(slow);
            GiveUp(patienceMs);
        }
        else world.Scheduler.After(world.Rng.Chance(f.TransactionSlow) ? world.Rng.Between(50, patienceMs) : normal, () =>
        {
            if (IsOut)
            {
                from.Run(unknown);
                return;
            }
            var result = commit();
            from.Run(() => known(result));
        });

        void Commit(long afterMs) => world.Scheduler.After(afterMs, () =>
        {
            if (!IsOut) commit();
        });
        void GiveUp(long afterMs) => from.After(afterMs, unknown);
    }
}
