namespace AkkaHa.Cli.Demo;

/// <summary>What is going on while the workers work.</summary>
enum DemoPhase
{
    /// <summary>Nothing but load.</summary>
    Calm = 0,

    /// <summary>A worker that holds the lock stands still.</summary>
    PausedWorker = 1,

    /// <summary>One node is killed, and the others take over.</summary>
    NodeGone = 2,

    /// <summary>It is started again and gets its shards back.</summary>
    NodeBack = 3,
}
