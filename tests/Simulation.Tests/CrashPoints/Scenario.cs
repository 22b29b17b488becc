using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>Names of what a transaction is about, chosen so that each lives on a node of its own, or all on the same.</summary>
sealed class Stage(ShardMap shards, int nodes, bool together)
{
    public string Id { get; } = Find("t", 0, i => shards.ShardOf(shards.TransactionSlotOf(i)) % nodes);

    /// <summary>Of the one that is in the way: its coordinator lives on the last node, or in the other slot of the only one.</summary>
    public string RivalId { get; } = Find("r", together ? nodes : nodes - 1, i => shards.ShardOf(shards.TransactionSlotOf(i)) % (together ? 2 * nodes : nodes));

    public EntityId Coordinator => CoordinatorOf(Id);

    public EntityId CoordinatorOf(string id) => shards.TransactionSlotOf(id);

    /// <summary>Of the participant in this place: 1 is the first.</summary>
    public string Key(int place) => Find($"k{place}-", NodeOf(place), i => shards.ShardOf(EntityId.Key(i)) % nodes);

    public string Lock(int place) => Find($"l{place}-", NodeOf(place), i => shards.ShardOf(EntityId.Lock(i)) % nodes);

    public SessionId Session(int place, Rng rng) => SessionId.Create(NodeOf(place) + nodes, rng.Uuid7(SimulatedWorld.EpochMs));

    private int NodeOf(int place) => together ? 0 : place % nodes;

    private static string Find(string prefix, int node, Func<string, int> nodeOf)
    {
        for (var i = 0; ; i++)
            if (nodeOf($"{prefix}{i}") == node) return $"{prefix}{i}";
    }
}

/// <summary>What a transaction names beside keys.</summary>
sealed record Held(string? Lock, long Fence, SessionId? Session);

/// <summary>A transaction, what is there before, and what must be there after it was committed.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Before">The value of each key.</param>
/// <param name="After">The same once it is committed; null: it can't be, by what it asks.</param>
/// <param name="Request">With the keys' names.</param>
sealed record Scenario(string Name, string[] Before, string[]? After, Func<string[], Held, TransactionRequest> Request)
{
    /// <summary>Another transaction that needs the same, and what it adds to each key; null: there is none to this one.</summary>
    public (Func<string[], Held, TransactionRequest> Request, long[] Adds)? Rival { get; init; }

    public bool HasLock { get; init; }

    public bool HasSession { get; init; }

    public int Participants => Before.Length + (HasLock ? 1 : 0) + (HasSession ? 1 : 0);

    public override string ToString() => Name;

    private static readonly (Func<string[], Held, TransactionRequest>, long[]) RivalOfTwoKeys = ((k, _) => new TransactionRequest { Then = { Transactions.Add(k[1], -100), Transactions.Add(k[0], 100) } }, [100, -100]);

    public static readonly IReadOnlyList<Scenario> OfTwo =
    [
        new("two keys, then", ["10", "20"], ["15", "15"], (k, _) => new TransactionRequest { Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], -5) } }) { Rival = RivalOfTwoKeys },
        new("two keys, else", ["10", "20"], ["11", "20."], (k, _) => new TransactionRequest
        {
            Conditions = { Transactions.Revision(k[1], 77) }, Then = { Transactions.Add(k[0], 5), Transactions.Put(k[1], "5") }, Else = { Transactions.Add(k[0], 1), Transactions.Append(k[1], ".") },
        }),
        new("two keys, abort by overflow", ["10", $"{long.MaxValue}"], null, (k, _) => new TransactionRequest { Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], 1) } }),
        new("two keys, short deadline", ["10", "20"], ["15", "15"], (k, _) => new TransactionRequest { DeadlineSeconds = 0.2, Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], -5) } }) { Rival = RivalOfTwoKeys },
        new("key and lock guard", ["10"], ["15"], (k, h) => new TransactionRequest { Conditions = { Transactions.Lock(h.Lock!, h.Fence) }, Then = { Transactions.Add(k[0], 5) } })
        {
            HasLock = true, Rival = ((k, h) => new TransactionRequest { Conditions = { Transactions.Lock(h.Lock!, h.Fence) }, Then = { Transactions.Add(k[0], 100) } }, [100]),
        },
        new("key and session condition", ["10"], ["15"], (k, h) => new TransactionRequest { Conditions = { Transactions.Session(h.Session!.Value.Text) }, Then = { Transactions.Add(k[0], 5) } }) { HasSession = true },
    ];

    public static readonly IReadOnlyList<Scenario> OfThree =
    [
        new("three keys, then", ["10", "20", "30"], ["15", "15", "30"], (k, _) => new TransactionRequest { Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], -5), Transactions.Get(k[2]) } }),
        new("three keys, else", ["10", "20", "30"], ["11", "20", "30."], (k, _) => new TransactionRequest
        {
            Conditions = { Transactions.Value(k[1], "other") }, Then = { Transactions.Put(k[0], "0"), Transactions.Put(k[2], "0") }, Else = { Transactions.Add(k[0], 1), Transactions.Append(k[2], ".") },
        }),
        new("three keys, abort by overflow", ["10", "20", $"{long.MinValue}"], null, (k, _) => new TransactionRequest { Then = { Transactions.Add(k[0], 5), Transactions.Put(k[1], "1"), Transactions.Add(k[2], -1) } }),
        new("two keys and lock guard", ["10", "20"], ["15", "15"], (k, h) => new TransactionRequest { Conditions = { Transactions.Lock(h.Lock!, h.Fence) }, Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], -5) } }) { HasLock = true },
        new("two keys and session condition", ["10", "20"], ["15", "15"], (k, h) => new TransactionRequest { Conditions = { Transactions.Session(h.Session!.Value.Text) }, Then = { Transactions.Add(k[0], 5), Transactions.Add(k[1], -5) } }) { HasSession = true },
    ];
}
