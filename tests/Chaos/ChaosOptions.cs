namespace AkkaHa.Chaos;

/// <summary>A run as it is asked for.</summary>
sealed record ChaosOptions
{
    /// <summary>How long faults go on.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Of the faults, what they hit, and what the clients do. Processes and networks are not replayed by it, but what happens to them is.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many nodes, beside the spare.</summary>
    public int Nodes { get; init; } = 4;

    /// <summary>How many clients, each with a connection of its own and seventeen that work with it.</summary>
    public int Clients { get; init; } = 3;

    /// <summary><c>postgres</c> or <c>sqlite</c>.</summary>
    public string Provider { get; init; } = "postgres";

    /// <summary>Names of nemeses; empty: all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>A safety rule to switch off in the nodes, to see that the judge notices.</summary>
    public string Break { get; init; } = "";

    /// <summary>Between the beginnings of two faults, on average.</summary>
    public TimeSpan Between { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Where the histories go.</summary>
    public string Directory { get; init; } = Path.Combine(Path.GetTempPath(), "akkaha-chaos");

    /// <summary>Keeps the nodes' data and logs.</summary>
    public bool Keep { get; init; }
}
