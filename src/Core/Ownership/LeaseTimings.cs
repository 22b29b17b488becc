namespace AkkaHa.Core.Ownership;

/// <summary>How long a node may answer without hearing from the database, and how often it asks. Milliseconds.</summary>
/// <param name="LeaseMs">A node's lease is valid for this long from before its last successful renewal was sent.</param>
/// <param name="RenewEveryMs">Between renewals.</param>
/// <param name="LookEveryMs">Between looks at the others' counters.</param>
/// <param name="WithoutLeaseMs">A member that its peers reach is taken for cut off from the database after this long without a valid lease.</param>
public sealed record LeaseTimings(long LeaseMs = LeaseTimings.DefaultLeaseMs, long RenewEveryMs = 300, long WithoutLeaseMs = 5000, long LookEveryMs = 100)
{
    /// <summary>What a node has where nothing else is set.</summary>
    public const long DefaultLeaseMs = 1500;

    /// <summary>How long others watch this node's unchanged counter before they take its lease for over.</summary>
    public long WatchMs => WatchOf(LeaseMs);

    /// <summary>How long to watch a lease of this length: monotonic clocks differ by less than one in a hundred.</summary>
    public static long WatchOf(long leaseMs) => leaseMs + ((leaseMs + 99) / 100);
}
