using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Placement;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Outcomes;

namespace AkkaHa.Node.Membership;

/// <summary>What the actors of one actor system, one incarnation of this node, need from the process. Handed in when the system is made.</summary>
internal sealed class NodeParts(NodeSettings settings, string incarnation, RuleSwitches rules) : Setup
{
    private static readonly TimeSpan EndOutcomesAtMost = TimeSpan.FromMilliseconds(500);

    public NodeSettings Settings { get; } = settings;

    /// <summary>How long leases are, and how often they are renewed and looked at.</summary>
    public LeaseTimings Timings { get; } = new(settings.Ownership.LeaseMs, settings.Ownership.RenewEveryMs, settings.Ownership.WithoutLeaseMs, settings.Ownership.LookEveryMs);

    public DirtyEntities Dirty { get; } = new();

    public SleepSnapshots SleepSnapshots { get; } = new();

    /// <summary>For so long at most entities leave undecided what may wait. Another than theirs in tests alone.</summary>
    public long CompanyMs { get; set; } = Entity.CompanyMs;

    public ShardMap Shards { get; } = new(settings.Shards);

    public RuleSwitches Rules { get; } = rules;

    /// <summary>Is told how long calls wait, and which of them are refused for it.</summary>
    public Admission Admission { get; init; } = Admission.Open;

    /// <summary>What the actors of eventual data need.</summary>
    public EventualParts Eventual { get; } = new(settings, incarnation);

    /// <summary>How long outcomes of transactions are kept.</summary>
    public OutcomeTimes OutcomeTimes { get; } = new(settings.Testing.TransactionsInSlotSeconds * 1000L, SettleMs: settings.Testing.TransactionsInSlotSeconds * 100L);

    /// <summary>The table of older outcomes, for the entities of this incarnation.</summary>
    public OutcomeDesk Outcomes { get; private set; } = null!;

    /// <summary>Fresh at every start of the actor system.</summary>
    public string Incarnation { get; } = incarnation;

    /// <summary>This node and incarnation, as the rows of ownership name it: address, blank, incarnation.</summary>
    public string Holder { get; private set; } = "";

    /// <summary>Renews this incarnation's lease and watches the others'.</summary>
    public LeaseKeeper Leases { get; private set; } = null!;

    /// <summary>The shards that are owned here.</summary>
    public Grants Grants { get; set; } = null!;

    /// <summary>Takes shards and gives them back.</summary>
    public GrantKeeper GrantKeeper { get; private set; } = null!;

    /// <summary>The rows of shards.</summary>
    public OwnershipStore Ownership { get; private set; } = null!;

    /// <summary>Tells when shards change hands, here or elsewhere.</summary>
    public ShardMoves Moves { get; private set; } = null!;

    /// <summary>The rows of nodes.</summary>
    public LeaseStore LeaseStore { get; private set; } = null!;

    /// <summary>Where commands for entities go.</summary>
    public IActorRef Region { get; set; } = ActorRefs.Nobody;

    /// <summary>
    /// Set when this incarnation begins to leave: nothing new is sent to entities then. A message that waits for a shard without an owner keeps the region from ending,
    /// and where this is the last node, no shard gets an owner any more.
    /// </summary>
    public bool Leaving { get; set; }

    /// <summary>False while the database is known not to answer: then nothing is begun that would only fail.</summary>
    public bool DatabaseAnswers { get; set; } = true;

    /// <summary>What came of the entities' writes to the journal.</summary>
    public JournalWrites Writes { get; } = new();

    /// <summary>Tries whether the journal can be written.</summary>
    public JournalTrial Trial { get; private set; } = null!;

    /// <summary>Names of locks whose activation here has ended by a failure: they are to be woken.</summary>
    public ConcurrentQueue<string> LocksEnded { get; } = new();

    /// <summary>Tells that rows of keys have been written here.</summary>
    public Action KeysWritten { get; private set; } = () => { };

    /// <summary>Whether somebody waits for them, here or at another node.</summary>
    public Func<bool> AreKeysWatched { get; private set; } = () => true;

    /// <summary>Whether an entity's rows up to a number may be deleted now: who reads the journal across entities must have read them, and be told that they go.</summary>
    public Func<string, long, Task<bool>> MayDelete { get; private set; } = (_, _) => Task.FromResult(true);

    public static NodeParts Of(ActorSystem system) =>
        system.Settings.Setup.Get<NodeParts>() is { HasValue: true } parts ? parts.Value : throw new InvalidOperationException("the actor system was made without its parts");

    /// <summary>
    /// Enters this incarnation into the database and begins to renew its lease. Only then can it take shards.
    /// </summary>
    public async Task OwnAsync(string holder, Database database, ILoggerFactory loggers, CancellationToken ct)
    {
        Holder = holder;
        KeysWritten = database.Signal.Written;
        AreKeysWatched = () => database.Signal.IsWatched;
        Trial = new JournalTrial(database, $"{Settings.Remote.Host}:{Settings.Remote.Port}", Writes);
        var floor = new JournalFloor(database);
        MayDelete = (entity, upTo) => floor.RaiseAsync(entity, upTo, CancellationToken.None);
        var log = loggers.CreateLogger("AkkaHa.Ownership");
        LeaseStore = new LeaseStore(database, log);
        Leases = new LeaseKeeper(database, holder, Timings, loggers.CreateLogger("AkkaHa.Lease"), Rules);
        Grants = new Grants(Leases.Lease);
        Ownership = new OwnershipStore(database, LeaseStore, Rules);
        GrantKeeper = new GrantKeeper(Ownership, Leases, Grants, holder, Rules, log);
        Outcomes = new OutcomeDesk(new OutcomeStore(database, Incarnation), loggers.CreateLogger("AkkaHa.Transactions"));
        Moves = new ShardMoves(Ownership, log);
        Leases.Renewed += reading => Moves.Observe(reading.SumOfEpochs);
        await LeaseStore.RegisterAsync(holder, Timings.LeaseMs, ct);
        Leases.Start();
        GrantKeeper.Start();
    }

    /// <summary>After the actor system has ended: nothing is renewed or taken any more.</summary>
    public async Task DisownAsync(Database database)
    {
        Grants.Clear();
        await GrantKeeper.EndAsync();
        Leases.Dispose();
        SleepSnapshots.Dispose();
        // What hangs there keeps the next incarnation from nothing: to store an outcome twice does no harm.
        await Task.WhenAny(Outcomes.EndAsync(), Task.Delay(EndOutcomesAtMost));
        database.Forget();
    }
}
