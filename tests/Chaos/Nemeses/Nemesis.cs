namespace AkkaHa.Chaos.Nemeses;

/// <summary>What a nemesis takes away while it is at work, which decides what may be at work beside it.</summary>
enum Reach
{
    /// <summary>One node: it is dead, stopped or cut off.</summary>
    Node,

    /// <summary>The quality of one node's links.</summary>
    Links,

    /// <summary>The database, for all.</summary>
    Database,

    /// <summary>The spare: it comes or goes.</summary>
    Spare,

    /// <summary>One node after the other.</summary>
    EveryNode,

    /// <summary>Several of the others at once.</summary>
    Several,
}

/// <summary>A kind of fault, as data.</summary>
/// <param name="Name">On the command line and in the figures.</param>
/// <param name="Reach">What it takes away.</param>
/// <param name="Shortest">How long it lasts at least.</param>
/// <param name="Longest">How long it lasts at most.</param>
/// <param name="What">For people.</param>
sealed record Nemesis(string Name, Reach Reach, TimeSpan Shortest, TimeSpan Longest, string What)
{
    public const string Kill = "kill";
    public const string Pause = "pause";
    public const string Partition = "partition";
    public const string OneWay = "one-way";
    public const string CutClients = "cut-clients";
    public const string CutDatabase = "cut-database";
    public const string Slow = "slow";
    public const string Lossy = "lossy";
    public const string DatabaseStop = "database-stop";
    public const string DatabaseKill = "database-kill";
    public const string RollingRestart = "rolling-restart";
    public const string Join = "join";
    public const string Leave = "leave";
    public const string Together = "together";

    public static readonly IReadOnlyList<Nemesis> All =
    [
        new(Kill, Reach.Node, Seconds(0.3), Seconds(6), "kill -9 of a node, started again after a while"),
        new(Pause, Reach.Node, Seconds(1), Seconds(15), "SIGSTOP of a node, then SIGCONT"),
        new(Partition, Reach.Node, Seconds(1), Seconds(10), "a node and one or all others don't hear each other; clients and database hear all"),
        new(OneWay, Reach.Node, Seconds(1), Seconds(10), "a node is heard but hears nobody, or the other way round"),
        new(CutClients, Reach.Links, Seconds(1), Seconds(6), "no client reaches a node"),
        new(CutDatabase, Reach.Node, Seconds(1), Seconds(9), "a node does not reach the database, but all others"),
        new(Slow, Reach.Links, Seconds(2), Seconds(8), "all links of a node are late by 20 to 250 ms"),
        new(Lossy, Reach.Links, Seconds(2), Seconds(8), "on all links of a node pieces are sent again, and connections break"),
        new(DatabaseStop, Reach.Database, Seconds(0.5), Seconds(4), "the database is stopped and started"),
        new(DatabaseKill, Reach.Database, Seconds(0.1), Seconds(2), "kill -9 of the database, started again"),
        new(RollingRestart, Reach.EveryNode, Seconds(0.2), Seconds(1), "each node in turn: SIGTERM, start, ready"),
        new(Join, Reach.Spare, Seconds(0), Seconds(0), "a further node joins"),
        new(Leave, Reach.Spare, Seconds(0), Seconds(0), "it leaves"),
        new(Together, Reach.Several, Seconds(2), Seconds(6), "two or three of the others in the same moment"),
    ];

    /// <summary>What <see cref="Together"/> makes itself of.</summary>
    public static readonly IReadOnlyList<string> Parts = [Kill, Pause, Partition, OneWay, CutDatabase, CutClients, Slow, Lossy, DatabaseKill];

    public static Nemesis Of(string name) => All.Single(n => n.Name == name);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
