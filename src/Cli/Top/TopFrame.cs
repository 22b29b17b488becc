using System.Text.Json.Serialization;

namespace AkkaHa.Cli.Top;

/// <summary>One picture of a cluster, as <c>akkaha top --json</c> prints it. Times are in seconds, and in milliseconds since 1970 where they are moments.</summary>
/// <param name="AtMs">When, by the clock of the node that was asked; 0: it was not told.</param>
/// <param name="Verdict">All in one sentence.</param>
/// <param name="Well">Whether nothing asks for attention.</param>
/// <param name="Members">By address.</param>
/// <param name="Calls">Of the last slot of time that is over, of all nodes together.</param>
/// <param name="Database">What the nodes write to.</param>
/// <param name="Moves">Shards that changed hands lately, the latest first.</param>
/// <param name="Failovers">Members that were lost lately, the latest first.</param>
/// <param name="Locks">Those that are waited for.</param>
/// <param name="Transactions">Those that are not settled.</param>
/// <param name="Troubles">What could not be asked, and why; what it would have said is missing above.</param>
sealed record TopFrame(
    long AtMs, string Verdict, bool Well, IReadOnlyList<TopMember> Members, IReadOnlyList<TopCalls> Calls, TopDatabase? Database, IReadOnlyList<TopMove> Moves,
    IReadOnlyList<TopFailover> Failovers, TopLocks? Locks, TopTransactions? Transactions, IReadOnlyList<string> Troubles)
{
    /// <summary>Whether anybody answered at all.</summary>
    [JsonIgnore]
    public bool Answered => Members.Count > 0;
}

sealed record TopMember(
    string Address, string Status, bool Reachable, bool Leader, bool? Ready, IReadOnlyList<string> Reasons, int Shards, double? CallsPerSecond, double LeaseSeconds, double UptimeSeconds, string Version);

sealed record TopCalls(string Kind, double PerSecond, double RefusedPerSecond, double FailedPerSecond, double? P50Seconds, double? P99Seconds);

/// <param name="Provider">sqlite or postgres.</param>
/// <param name="WritesPerSecond">Batches that became durable.</param>
/// <param name="FailedPerSecond">Batches that did not.</param>
/// <param name="P50Seconds">Until durable.</param>
/// <param name="P99Seconds">Likewise.</param>
/// <param name="Troubles">What nodes say against it.</param>
sealed record TopDatabase(string Provider, double WritesPerSecond, double FailedPerSecond, double? P50Seconds, double? P99Seconds, IReadOnlyList<string> Troubles);

sealed record TopMove(string From, string To, int Shards, long FromMs, long UntilMs);

/// <param name="Address">Who was lost.</param>
/// <param name="FromMs">Since when.</param>
/// <param name="TookSeconds">Until the last of its shards had another owner; null: not yet.</param>
/// <param name="Shards">How many.</param>
sealed record TopFailover(string Address, long FromMs, double? TookSeconds, int Shards);

/// <param name="InUse">Held or waited for.</param>
/// <param name="More">There are more than were looked at.</param>
/// <param name="Waiters">Of all of them.</param>
/// <param name="Hot">The longest queues, and of equally long ones the oldest waiters.</param>
sealed record TopLocks(int InUse, bool More, int Waiters, IReadOnlyList<TopLock> Hot);

sealed record TopLock(string Name, int Waiters, double OldestWaitSeconds, IReadOnlyList<string> HeldBy, double HeldSeconds, string LastFence);

/// <param name="Open">Not decided yet.</param>
/// <param name="Unfinished">Decided, and not known to every participant yet.</param>
/// <param name="InDoubt">Of both, those that have been so for longer than a transaction takes that nothing is wrong with.</param>
/// <param name="More">There are more than were looked at.</param>
/// <param name="Oldest">Some of them.</param>
sealed record TopTransactions(int Open, int Unfinished, int InDoubt, bool More, IReadOnlyList<TopTransaction> Oldest);

sealed record TopTransaction(string TransactionId, string Outcome, double AgeSeconds, IReadOnlyList<string> WaitingFor);
