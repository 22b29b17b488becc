namespace AkkaHa.Simulation.Tests.World;

/// <summary>What goes wrong, and how often. Each run draws its own mix, so that each fault is also seen without the others (swarm testing, Groce et al., 2012).</summary>
sealed record Faults
{
    /// <summary>Longer than outcomes are remembered.</summary>
    public const long VeryLateLeastMs = 61_000;

    public const long VeryLateMostMs = 100_000;

    public static readonly Faults None = new();

    // The network.
    public double MessageLost { get; init; }

    public double MessageTwice { get; init; }

    public double MessageSlow { get; init; }

    public int MessageSlowMs { get; init; } = 1;

    /// <summary>A message that arrives long after all is over that it is about: after its client gave up, and the repeat of it was done and forgotten.</summary>
    public double MessageVeryLate { get; init; }

    public int PartitionEveryMs { get; init; }

    // The journal.
    public double CommitLost { get; init; }

    public double CommitUnknown { get; init; }

    /// <summary>Reported as failed, and stored long after.</summary>
    public double CommitLate { get; init; }

    public int CommitLateMs { get; init; } = 1;

    /// <summary>Takes long, whatever it comes to.</summary>
    public double CommitSlow { get; init; }

    public double CommitRejected { get; init; }

    /// <summary>Recovery reads a journal that hides its last rows, or one in the middle.</summary>
    public double ReplayMisses { get; init; }

    public int RecoverySlowMs { get; init; } = 10;

    public double SnapshotEvery { get; init; } = 0.1;

    public double SnapshotLost { get; init; }

    public int SnapshotLateMs { get; init; } = 50;

    /// <summary>The newest can't be read.</summary>
    public double SnapshotHidden { get; init; }

    // The rows of ownership, and the database as a whole.
    public double TransactionFails { get; init; }

    public double TransactionUnknown { get; init; }

    public double TransactionSlow { get; init; }

    public int OutageEveryMs { get; init; }

    public int DatabaseCutEveryMs { get; init; }

    /// <summary>How long an outage or a cut lasts, at most.</summary>
    public int DownMs { get; init; } = 1;

    // The processes.
    public int CrashEveryMs { get; init; }

    public int PauseEveryMs { get; init; }

    public int PauseMs { get; init; } = 10;

    /// <summary>Between two steps of one turn.</summary>
    public double PauseAtStep { get; init; }

    /// <summary>The same for one thread, while the rest of its process runs on.</summary>
    public double ThreadStalls { get; init; }

    public int SkewMs { get; init; }

    /// <summary>Speeds of clocks, in millionths from the right one, either way.</summary>
    public int DriftPpm { get; init; }

    // Who is to own what.
    public int MoveEveryMs { get; init; }

    public int SuspectEveryMs { get; init; }

    public int FenceEveryMs { get; init; }

    /// <summary>How often those who take a node for lost are so sure of it that they fence it at once.</summary>
    public double SuspectsFenced { get; init; }

    public int SplitEveryMs { get; init; }

    /// <summary>How late a node hears which shards it is to run, at most.</summary>
    public int HearsLateMs { get; init; } = 300;

    // Activations.
    public int PassivateEveryMs { get; init; }

    /// <summary>An activation dies by itself.</summary>
    public int ActivationDiesEveryMs { get; init; }

    public static Faults Draw(Rng rng)
    {
        double Some(double most) => rng.Chance(0.5) ? most * (1 + rng.Below(100)) / 100.0 : 0;
        int Every(int least, int most) => rng.Chance(0.5) ? (int)rng.Between(least, most) : 0;
        return new Faults
        {
            MessageLost = Some(0.08), MessageTwice = Some(0.10), MessageSlow = Some(0.15), MessageSlowMs = rng.Pick([30, 300, 2000, 8000]), PartitionEveryMs = Every(1000, 8000),
            CommitLost = Some(0.03), CommitUnknown = Some(0.03), CommitLate = Some(0.04), CommitLateMs = rng.Pick([50, 500, 3000, 5000]), CommitSlow = Some(0.05), CommitRejected = Some(0.03),
            ReplayMisses = Some(0.02), RecoverySlowMs = rng.Pick([10, 10, 300]), SnapshotEvery = Some(0.3), SnapshotLost = Some(0.2), SnapshotLateMs = rng.Pick([50, 3000]), SnapshotHidden = Some(0.1),
            TransactionFails = Some(0.1), TransactionUnknown = Some(0.1), TransactionSlow = Some(0.05), OutageEveryMs = Every(3000, 15000), DatabaseCutEveryMs = Every(2000, 12000), DownMs = rng.Pick([300, 2000, 5000]),
            CrashEveryMs = Every(2000, 15000), PauseEveryMs = Every(500, 8000), PauseMs = rng.Pick([100, 1000, 5000]), PauseAtStep = Some(0.01), ThreadStalls = Some(0.01),
            SkewMs = rng.Pick([0, 50, 2000, 25000]), DriftPpm = rng.Pick([0, 4900]),
            MoveEveryMs = Every(200, 5000), SuspectEveryMs = Every(1000, 8000), FenceEveryMs = Every(2000, 15000), SuspectsFenced = Some(0.8), SplitEveryMs = Every(3000, 15000), HearsLateMs = rng.Pick([300, 300, 5000]),
            PassivateEveryMs = Every(100, 2000), ActivationDiesEveryMs = Every(300, 5000),
        };
    }

    /// <summary>Nothing new goes wrong; what is on its way still arrives.</summary>
    public Faults Healed() => None with { SnapshotEvery = SnapshotEvery, PassivateEveryMs = PassivateEveryMs, SkewMs = SkewMs, DriftPpm = DriftPpm };

    /// <summary>Only what goes wrong.</summary>
    public override string ToString() => string.Join(' ', typeof(Faults).GetProperties().Where(p => p.CanWrite && !p.GetValue(this)!.Equals(p.GetValue(None)))
        .Select(p => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{p.Name}={p.GetValue(this)}")));
}
