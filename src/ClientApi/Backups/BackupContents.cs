namespace AkkaHa.ClientApi;

/// <summary>What a backup has in it, so far or in all.</summary>
/// <param name="Id">Its own; empty: not known yet.</param>
/// <param name="TakenAt">The moment, by the database's clock.</param>
/// <param name="Keys">Keys that are there, or were: revisions go on where they ended.</param>
/// <param name="Locks">Locks that were ever granted.</param>
/// <param name="Outcomes">Outcomes of transactions.</param>
/// <param name="Buckets">Shares of eventual data.</param>
public sealed record BackupContents(string Id, DateTimeOffset TakenAt, long Keys, long Locks, long Outcomes, long Buckets)
{
    /// <summary>Of all shares of eventual data, empty ones counted: those that no majority was heard about in time. They are as one node had them. Known at the end.</summary>
    public long BucketsShort { get; init; }
}
