using System.Text.Json.Serialization;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Locks;

namespace AkkaHa.Chaos.Histories;

/// <summary>What a client knows at the end of an operation.</summary>
enum Outcome
{
    /// <summary>Done or not: nothing that came back proves either.</summary>
    Unknown,

    /// <summary>Done, and answered.</summary>
    Ok,

    /// <summary>Certainly not done.</summary>
    Failed,
}

/// <summary>One thing that one client did. Times are microseconds since the start of the run, of one monotonic clock.</summary>
/// <param name="Client">Who.</param>
/// <param name="Start">Before it was sent.</param>
/// <param name="End">When the client knew the outcome, or gave up.</param>
/// <param name="Outcome">What it knows.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(KeyOperation), "key")]
[JsonDerivedType(typeof(ListOperation), "list")]
[JsonDerivedType(typeof(RegistersOperation), "registers")]
[JsonDerivedType(typeof(TransferOperation), "transfer")]
[JsonDerivedType(typeof(BalanceOperation), "balance")]
[JsonDerivedType(typeof(GrantOperation), "grant")]
[JsonDerivedType(typeof(ReleaseOperation), "release")]
[JsonDerivedType(typeof(LockReadOperation), "lockRead")]
[JsonDerivedType(typeof(SessionOperation), "session")]
[JsonDerivedType(typeof(ResolveOperation), "resolve")]
abstract record Operation(string Client, long Start, long End, Outcome Outcome)
{
    /// <summary>Asked of this node by name; null: of any.</summary>
    public string? Node { get; init; }
}

/// <summary>A key was read, written, compared or deleted; with a lock's fence as guard, where there is one.</summary>
sealed record KeyOperation(string Client, long Start, long End, Outcome Outcome, string Key, KeyAction Action) : Operation(Client, Start, End, Outcome)
{
    public string? Value { get; init; }

    public long? IfRevision { get; init; }

    /// <summary>What a get saw; null: no such key.</summary>
    public string? Seen { get; init; }

    public long? Revision { get; init; }

    public bool Deleted { get; init; }

    /// <summary>It failed because the key was at another revision, which says something about the key.</summary>
    public bool Mismatch { get; init; }

    public string? Lock { get; init; }

    public long? Fence { get; init; }
}

/// <summary>A transaction that appends to lists and reads them.</summary>
sealed record ListOperation(string Client, long Start, long End, Outcome Outcome, string Id, IReadOnlyList<ListStepDone> Steps) : Operation(Client, Start, End, Outcome);

/// <summary>One step: what it appended, if it did, and the list after it, if the client knows.</summary>
sealed record ListStepDone(string Key, string? Append, IReadOnlyList<string>? Seen);

/// <summary>A transaction that reads and writes several keys, none of which is ever deleted.</summary>
sealed record RegistersOperation(string Client, long Start, long End, Outcome Outcome, string Id, IReadOnlyList<RegisterStepDone> Steps) : Operation(Client, Start, End, Outcome)
{
    /// <summary>On condition that keys are at revisions of before: then committed may mean that they were not, and nothing was written.</summary>
    public bool Conditional { get; init; }
}

/// <summary>One step: what it wrote, if it did, or what it read, with the revision, if the client knows. A condition that held is a read.</summary>
sealed record RegisterStepDone(string Key, string? Write, string? Seen, long? Revision);

/// <summary>Money was moved.</summary>
sealed record TransferOperation(string Client, long Start, long End, Outcome Outcome, string Id, int From, int To, long Amount) : Operation(Client, Start, End, Outcome)
{
    /// <summary>On condition that what was read is still so: then committed may mean that it was not, and nothing was moved.</summary>
    public bool Conditional { get; init; }

    /// <summary>Of one that is done: what the two accounts are at after it; null: not told.</summary>
    public long? FromRevision { get; init; }

    public long? ToRevision { get; init; }
}

/// <summary>All accounts were read in one transaction.</summary>
sealed record BalanceOperation(string Client, long Start, long End, Outcome Outcome, IReadOnlyList<long> Accounts) : Operation(Client, Start, End, Outcome)
{
    /// <summary>Of each account; null in histories of before this was kept.</summary>
    public IReadOnlyList<long>? Revisions { get; init; }
}

/// <summary>A lock was asked for. End is when the client learnt that it has it.</summary>
sealed record GrantOperation(string Client, long Start, long End, Outcome Outcome, string Lock) : Operation(Client, Start, End, Outcome)
{
    public string Holder { get; init; } = "";

    public long Fence { get; init; }

    /// <summary>The last moment at which the client looked and, by its own clock, still had it.</summary>
    public long BelievedUntil { get; init; }

    public LockUse Use { get; init; }

    /// <summary>Of a semaphore.</summary>
    public int Permits { get; init; }

    /// <summary>Of a semaphore.</summary>
    public int Limit { get; init; }

    /// <summary>It took the place of an upgradeable one.</summary>
    public bool IsUpgrade { get; init; }
}

/// <summary>A lock was given back.</summary>
sealed record ReleaseOperation(string Client, long Start, long End, Outcome Outcome, string Lock, long Fence) : Operation(Client, Start, End, Outcome);

/// <summary>A lock was looked at.</summary>
sealed record LockReadOperation(string Client, long Start, long End, Outcome Outcome, string Lock, long LastFence) : Operation(Client, Start, End, Outcome);

/// <summary>What was asked of a session.</summary>
enum SessionAction
{
    Create,
    KeepAlive,
    Get,
    Close,
}

/// <summary>A session was made, kept alive, looked at or closed.</summary>
sealed record SessionOperation(string Client, long Start, long End, Outcome Outcome, string Session, SessionAction Action) : Operation(Client, Start, End, Outcome)
{
    public double TtlSeconds { get; init; }

    /// <summary>The answer was that it has ended.</summary>
    public bool SaysEnded { get; init; }
}

/// <summary>After the faults: what became of a transaction whose outcome was unknown.</summary>
sealed record ResolveOperation(string Client, long Start, long End, Outcome Outcome, string Id, bool Committed) : Operation(Client, Start, End, Outcome);
