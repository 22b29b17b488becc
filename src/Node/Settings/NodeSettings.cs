using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Node.Settings;

/// <summary>
/// All settings of a node, under <c>AkkaHa</c> in appsettings.json, <c>AkkaHa__…</c> in the environment, <c>--AkkaHa:…</c> on the command line.
/// Checked at start by <see cref="SettingsCheck"/>; the names here are the names that users write.
/// </summary>
public sealed record NodeSettings
{
    /// <summary>Between nodes.</summary>
    public RemoteSettings Remote { get; init; } = new();

    /// <summary>JSON for clients and browsers.</summary>
    public HttpSettings Http { get; init; } = new();

    /// <summary>gRPC for clients.</summary>
    public GrpcSettings Grpc { get; init; } = new();

    /// <summary>Probes, and the membership, for whoever supervises the process.</summary>
    public ManagementSettings Management { get; init; } = new();

    /// <summary>Which cluster.</summary>
    public ClusterSettings Cluster { get; init; } = new();

    /// <summary>Which database.</summary>
    public StorageSettings Storage { get; init; } = new();

    /// <summary>How long a node may answer without hearing from the database.</summary>
    public OwnershipSettings Ownership { get; init; } = new();

    /// <summary>When an unreachable node counts as dead.</summary>
    public DetectionSettings Detection { get; init; } = new();

    /// <summary>How changes of keys are found.</summary>
    public WatchSettings Watch { get; init; } = new();

    /// <summary>What is done when there is more to do than the node can.</summary>
    public OverloadSettings Overload { get; init; } = new();

    /// <summary>What the node tells of itself.</summary>
    public TelemetrySettings Telemetry { get; init; } = new();

    /// <summary>How eventual data is stored.</summary>
    public EventualSettings Eventual { get; init; } = new();

    /// <summary>Switches for tests; nothing a user sets.</summary>
    public TestingSettings Testing { get; init; } = new();

    /// <summary>Where this node keeps its files: eventual data, and SQLite. Default <c>./data</c>.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>How many shards: 1 to 65,536, default 256. Stored with the data at first start; another number later is refused.</summary>
    public int Shards { get; init; } = ShardMap.DefaultShardCount;

    /// <summary>The process ends when its standard input does, so that it never outlives whoever started it. Default false.</summary>
    public bool StopWhenInputEnds { get; init; }
}

/// <summary>Remoting.</summary>
public sealed record RemoteSettings
{
    /// <summary>The name or address by which other nodes reach this one. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The address to listen on, when it is not <see cref="Host"/>.</summary>
    public string BindHost { get; init; } = "";

    /// <summary>By which other nodes reach this one: 0 to 65,535, default 4053; 0: any free one.</summary>
    public int Port { get; init; } = 4053;

    /// <summary>The port to listen on, when it is not <see cref="Port"/> (containers, NAT): 0 to 65,535, default 0: the same.</summary>
    public int BindPort { get; init; }
}

/// <summary>HTTP.</summary>
public sealed record HttpSettings
{
    /// <summary>The address to listen on. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>1 to 65,535, default 5080.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>What clients are told to use for this node. Default http://Host:Port.</summary>
    public string AdvertisedUrl { get; init; } = "";
}

/// <summary>gRPC.</summary>
public sealed record GrpcSettings
{
    /// <summary>The address to listen on. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>1 to 65,535, default 5081.</summary>
    public int Port { get; init; } = 5081;

    /// <summary>What clients are told to use for this node. Default http://Host:Port.</summary>
    public string AdvertisedUrl { get; init; } = "";
}

/// <summary>Management.</summary>
public sealed record ManagementSettings
{
    /// <summary>The address to listen on. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>1 to 65,535, default 8558.</summary>
    public int Port { get; init; } = 8558;

    /// <summary>Whether members can be changed through this port: joined, asked to leave, downed. Default false: such calls answer 405.</summary>
    public bool AllowWrites { get; init; }
}

/// <summary>Membership.</summary>
public sealed record ClusterSettings
{
    /// <summary>Addresses to join by (<c>akka.tcp://AkkaHa@host:port</c>), in the same order on every node; none: a cluster of one.</summary>
    public IReadOnlyList<string> SeedNodes { get; init; } = [];

    /// <summary>Roles of this node, for show.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>This node's part of the shards, relative to others: 1 to 100, default 1.</summary>
    public int Weight { get; init; } = 1;
}

/// <summary>The database.</summary>
public sealed record StorageSettings
{
    /// <summary><c>sqlite</c> (default) or <c>postgres</c>.</summary>
    public string Provider { get; init; } = "sqlite";

    /// <summary>Npgsql's form for postgres (needed; several hosts allowed); for sqlite, left out, the files are in <see cref="NodeSettings.DataDirectory"/>.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>How many connections to PostgreSQL a node opens at most: 15 to 500, default 25. The server must allow as many for each node (its max_connections), and some more.</summary>
    public int MaxConnections { get; init; } = 25;

    /// <summary>
    /// How long an entity's events stay in the journal after the snapshot that covers them, in seconds: 600 to 31,536,000, default 600. While they are there, no delayed
    /// write of an earlier owner can land in their place.
    /// </summary>
    public int KeepEventsSeconds { get; init; } = 600;
}

/// <summary>Leases, all in milliseconds. Longer bears a slower database; a node that dies is replaced no sooner than its lease has run out.</summary>
public sealed record OwnershipSettings
{
    /// <summary>For how long a node answers after a renewal was sent: 500 to 60,000, default 1,500. At least three times <see cref="RenewEveryMs"/>.</summary>
    public int LeaseMs { get; init; } = 1500;

    /// <summary>Between renewals: 50 to 10,000, default 300. Each is a small write to the database.</summary>
    public int RenewEveryMs { get; init; } = 300;

    /// <summary>Between looks at the others' renewals: 20 to 10,000, default 100. Each is a small read. How soon a lease is known to have run out; no matter where it is longer than <see cref="RenewEveryMs"/>.</summary>
    public int LookEveryMs { get; init; } = 100;

    /// <summary>A member that others reach, but that has had no valid lease for so long while they have, is taken out: 2,000 to 600,000, default 5,000. At least twice <see cref="LeaseMs"/>.</summary>
    public int WithoutLeaseMs { get; init; } = 5000;
}

/// <summary>Failure detection, all in milliseconds. Unreachable alone costs nothing but that shards do not move, so that it may be quick.</summary>
public sealed record DetectionSettings
{
    /// <summary>Between heartbeats: 50 to 10,000, default 200.</summary>
    public int HeartbeatMs { get; init; } = 200;

    /// <summary>How long heartbeats may be missing before a node counts as unreachable: 300 to 60,000, default 700. At least three times <see cref="HeartbeatMs"/>.</summary>
    public int PauseMs { get; init; } = 700;

    /// <summary>Between two knocks at an unreachable node's port; one that is refused twice has ended: 20 to 10,000, default 100.</summary>
    public int ProbeEveryMs { get; init; } = 100;

    /// <summary>How long one knock may take: 50 to 10,000, default 500.</summary>
    public int ProbeTimeoutMs { get; init; } = 500;

    /// <summary>Between rounds of gossip: 50 to 5,000, default 200. The members agree on a change after some of them.</summary>
    public int GossipMs { get; init; } = 200;

    /// <summary>How long the picture must be the same before nodes are downed without evidence (all reach the database, but not one another): 500 to 60,000, default 3,000.</summary>
    public int StableAfterMs { get; init; } = 3000;
}

/// <summary>Watches.</summary>
public sealed record WatchSettings
{
    /// <summary>Between looks into the journal while somebody watches through this node, in milliseconds: 10 to 1,000, default 50. What this node itself has written it looks for at once.</summary>
    public int PollMs { get; init; } = 50;
}

/// <summary>More to do than the node can: then it refuses a share of new work, and says so, instead of keeping everybody waiting.</summary>
public sealed record OverloadSettings
{
    /// <summary>Whether it does: default true (ADR 0040). Without it calls wait, ever longer, until their callers have no more patience.</summary>
    public bool Shed { get; init; } = true;

    /// <summary>In milliseconds: 5 to 10,000, default 100. What would wait for its turn for twice as long is refused, by what waits already; a share of all is, when for 300 ms even the shortest wait is longer. Waiting for a lock or a transaction does not count.</summary>
    public int TargetMs { get; init; } = 100;

    /// <summary>With so many calls of the last second or two unanswered, all new work is refused: 100 to 1,000,000, default 10,000. It bounds memory.</summary>
    public int CallsAtMost { get; init; } = 10_000;
}

/// <summary>Traces and logs. Metrics are at /metrics always.</summary>
public sealed record TelemetrySettings
{
    /// <summary>Where traces and metrics are sent, over gRPC (<c>http://127.0.0.1:4317</c>). Default: nowhere.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>Of the calls that come without a trace of their own, this part is traced: 0 to 1, default 0.01. Only with <see cref="OtlpEndpoint"/>.</summary>
    public double SampleRatio { get; init; } = 0.01;

    /// <summary><c>text</c> (default), for people, or <c>json</c>, one object a line.</summary>
    public string LogFormat { get; init; } = "text";
}

/// <summary>Eventual data.</summary>
public sealed record EventualSettings
{
    /// <summary>
    /// How much later than its answer a change is in this node's file at the latest, in milliseconds: 0 to 10,000, default 200. What is younger is lost to this node when its process is killed,
    /// and for good if no other node had it yet. 0: every change is in the file before it is answered.
    /// </summary>
    public int WriteBehindMs { get; init; } = 200;
}

/// <summary>Test-only.</summary>
public sealed record TestingSettings
{
    /// <summary>Rules of <c>AkkaHa.Core.Entities.RuleSwitches</c> to switch off, separated by commas. Nothing is safe then.</summary>
    public string Break { get; init; } = "";

    /// <summary>Akka's default for reading the journal instead of ours: shows which of them loses events.</summary>
    public bool DefaultReplayFilter { get; init; }

    /// <summary>How long settled transactions stay in their slots, in seconds: 1 to 86,400, default 600. The same on all nodes, and never longer than it was.</summary>
    public int TransactionsInSlotSeconds { get; init; } = Limits.TransactionInSlotMinutes * 60;
}
