using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Top;

/// <summary>What the cluster answered to one question, or why it did not.</summary>
readonly record struct Answer<T>(T? Value, string? Trouble)
    where T : class
{
    public static implicit operator Answer<T>(T value) => new(value, null);
}

/// <summary>All that a frame is made from.</summary>
/// <param name="Cluster">Who is in it.</param>
/// <param name="Ring">Who owns what.</param>
/// <param name="Activity">Counts and events of the last minutes.</param>
/// <param name="Locks">Those in use, up to <see cref="LocksAtMost"/>.</param>
/// <param name="Transactions">Those that are not settled.</param>
sealed record TopSnapshot(
    Answer<ClusterPicture> Cluster, Answer<RingPicture> Ring, Answer<Activity> Activity, Answer<IReadOnlyList<LockState>> Locks, Answer<UnsettledTransactions> Transactions)
{
    public const int LocksAtMost = 1000;
    public const int TransactionsAtMost = 1000;
}
