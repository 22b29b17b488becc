namespace AkkaHa.Cli.Demo;

/// <summary>How the demo was asked for.</summary>
sealed record DemoOptions
{
    /// <summary>How much load.</summary>
    public DemoPlan Plan { get; init; } = DemoPlan.Full;

    /// <summary>The cluster stays until Ctrl-C.</summary>
    public bool Keep { get; init; }

    /// <summary>Test switch: the nodes do not check the fence of guarded writes.</summary>
    public bool BreakGuard { get; init; }
}

/// <summary>How much load there is, by time; and the floors below which a run counts for nothing, however long they take.</summary>
sealed record DemoPlan
{
    /// <summary>Under a minute and a half on 2 cores.</summary>
    public static readonly DemoPlan Quick = new() { BeforeAtLeast = TimeSpan.FromSeconds(4), TwoNodesFor = TimeSpan.FromSeconds(2), AfterAtLeast = TimeSpan.FromSeconds(4) };

    /// <summary>Two to three minutes.</summary>
    public static readonly DemoPlan Full = new() { BeforeAtLeast = TimeSpan.FromSeconds(30), TwoNodesFor = TimeSpan.FromSeconds(10), AfterAtLeast = TimeSpan.FromSeconds(30) };

    /// <summary>Transfers in all, at least; half of them after the kill.</summary>
    public int Transfers { get; init; } = 2_000;

    /// <summary>Increments in all, at least; half of them after the kill.</summary>
    public int Increments { get; init; } = 300;

    /// <summary>Load before anything happens.</summary>
    public TimeSpan BeforeAtLeast { get; init; }

    /// <summary>Load on the survivors alone, once they serve everything.</summary>
    public TimeSpan TwoNodesFor { get; init; }

    /// <summary>Load after the killed node is back and has its shards again.</summary>
    public TimeSpan AfterAtLeast { get; init; }

    /// <summary>A floor that is not reached in this time fails the demo.</summary>
    public TimeSpan FloorsWithin { get; init; } = TimeSpan.FromMinutes(3);
}
