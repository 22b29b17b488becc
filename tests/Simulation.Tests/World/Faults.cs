namespace AkkaHa.Simulation.Tests.World;

/// <summary>What goes wrong, and how often. Each run draws its own mix, so that each fault is also seen without the others (swarm testing, Groce et al., 2012).</summary>
sealed record Faults
{
    public static readonly Faults None = new();

    public double MessageLost { get; init; }

    public double MessageTwice { get; init; }

    public double MessageSlow { get; init; }

    public int MessageSlowMs { get; init; } = 1;

    public double CommitLost { get; init; }

    public double CommitUnknown { get; init; }

    /// <summary>Reported as failed, and stored long after.</summary>
    public double CommitLate { get; init; }

    public int CommitLateMs { get; init; } = 1;

    /// <summary>Takes long, whatever it comes to.</summary>
    public double CommitSlow { get; init; }

    /// <summary>Recovery reads a journal that hides its last rows, or one in the middle.</summary>
    public double ReplayMisses { get; init; }

    public double SnapshotEvery { get; init; } = 0.1;

    public int CrashEveryMs { get; init; }

    public int MoveEveryMs { get; init; }

    /// <summary>How many of the moves take the shard from a node that does not know it, and how long it goes on.</summary>
    public double TakenUnawares { get; init; }

    public int ZombieMs { get; init; } = 1;

    public int LeaseLostEveryMs { get; init; }

    public int PassivateEveryMs { get; init; }

    /// <summary>An activation dies by itself.</summary>
    public int ActivationDiesEveryMs { get; init; }

    public int SkewMs { get; init; }

    public static Faults Draw(Rng rng)
    {
        double Some(double most) => rng.Chance(0.6) ? most * (1 + rng.Below(100)) / 100.0 : 0;
        int Every(int least, int most) => rng.Chance(0.65) ? (int)rng.Between(least, most) : 0;
        return new Faults
        {
            MessageLost = Some(0.08), MessageTwice = Some(0.10), MessageSlow = Some(0.15), MessageSlowMs = rng.Pick([30, 300, 2000, 8000]),
            CommitLost = Some(0.03), CommitUnknown = Some(0.03), CommitLate = Some(0.04), CommitLateMs = rng.Pick([50, 500, 3000, 12000]), CommitSlow = Some(0.05),
            ReplayMisses = Some(0.02), SnapshotEvery = Some(0.3),
            CrashEveryMs = Every(2000, 15000), MoveEveryMs = Every(200, 5000), TakenUnawares = rng.Chance(0.7) ? 0.5 : 0, ZombieMs = rng.Pick([100, 1000, 5000]),
            LeaseLostEveryMs = Every(1000, 10000), PassivateEveryMs = Every(100, 2000), ActivationDiesEveryMs = Every(300, 5000), SkewMs = rng.Pick([0, 50, 2000, 25000]),
        };
    }

    /// <summary>Nothing new goes wrong; what is on its way still arrives.</summary>
    public Faults Healed() => None with { SnapshotEvery = SnapshotEvery, PassivateEveryMs = PassivateEveryMs, SkewMs = SkewMs };
}
