namespace AkkaHa.Cli.Demo;

/// <summary>One worker's successes, counted by phase, and how long it had to wait for them. Safe for concurrent use.</summary>
sealed class Lane(TimeProvider time)
{
    static readonly int Phases = Enum.GetValues<DemoPhase>().Length;

    readonly Lock gate = new();
    readonly int[] counts = new int[Phases];
    readonly TimeSpan[] longestWaits = new TimeSpan[Phases];
    DemoPhase phase;
    long lastAt = time.GetTimestamp();

    /// <summary>When the last success was (monotonic); before the first, when the lane was made.</summary>
    public long LastAt
    {
        get
        {
            lock (gate) return lastAt;
        }
    }

    /// <summary>Something was acknowledged. The wait for it counts for the present phase, also where it began before: a kill falls into the middle of a call.</summary>
    public void Succeeded()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var waited = time.GetElapsedTime(lastAt, now);
            if (waited > longestWaits[(int)phase]) longestWaits[(int)phase] = waited;
            counts[(int)phase]++;
            lastAt = now;
        }
    }

    /// <summary>From now on, waits and successes belong to this phase.</summary>
    public void Enter(DemoPhase next)
    {
        lock (gate) phase = next;
    }

    /// <summary>Successes in a phase.</summary>
    public int Count(DemoPhase of)
    {
        lock (gate) return counts[(int)of];
    }

    /// <summary>The longest time without a success that ended in a phase.</summary>
    public TimeSpan LongestWait(DemoPhase of)
    {
        lock (gate) return longestWaits[(int)of];
    }
}
