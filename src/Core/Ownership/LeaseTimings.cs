namespace AkkaHa.Core.Ownership;

/// <summary>How long a node may answer without hearing from the database, and how often it asks. Milliseconds.</summary>
/// <param name="LeaseMs">A node's lease is valid for this long from before its last successful renewal was sent.</param>
/// <param name="RenewEveryMs">Between renewals.</param>
/// <param name="WithoutLeaseMs">A member that its peers reach is taken for cut off from the database after this long without a renewal.</param>
public sealed record LeaseTimings(long LeaseMs = 1500, long RenewEveryMs = 300, long WithoutLeaseMs = 5000)
{
    /// <summary>How long others watch an unchanged counter before they take the lease for over: monotonic clocks differ by less than one in a hundred.</summary>
    public long WatchMs => LeaseMs + ((LeaseMs + 99) / 100);
}
