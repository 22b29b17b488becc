using Akka.DistributedData;
using AkkaHa.Core.Eventual;

namespace AkkaHa.Node.Eventual;

/// <summary>A bucket as Akka's replicator sees it. Merging is Core's.</summary>
/// <param name="state">All of it.</param>
/// <param name="delta">What is new in it.</param>
/// <param name="changedFrom">That, and the delta, is all of it: merging it into that is nothing but taking it.</param>
internal sealed class ReplicatedBucket(Bucket state, Bucket? delta = null, Bucket? changedFrom = null) : IDeltaReplicatedData<ReplicatedBucket, BucketDelta>, IEquatable<ReplicatedBucket>
{
    public static readonly ReplicatedBucket Empty = new(Bucket.Empty);

    public Bucket State => state;

    public BucketDelta Delta => delta is null ? null! : new BucketDelta(delta);

    IReplicatedDelta IDeltaReplicatedData.Delta => Delta;

    private Bucket? ChangedFrom => changedFrom;

    public ReplicatedBucket Merge(ReplicatedBucket other) => With(ReferenceEquals(other.ChangedFrom, state) ? other.State : state.Join(other.State));

    public IReplicatedData Merge(IReplicatedData other) => other is BucketDelta d ? MergeDelta(d) : Merge((ReplicatedBucket)other);

    public ReplicatedBucket MergeDelta(BucketDelta other) => With(state.Join(other.Change));

    public IReplicatedData MergeDelta(IReplicatedDelta other) => MergeDelta((BucketDelta)other);

    public ReplicatedBucket ResetDelta() => delta is null ? this : new ReplicatedBucket(state, null, changedFrom);

    IReplicatedData IDeltaReplicatedData.ResetDelta() => ResetDelta();

    private ReplicatedBucket With(Bucket joined) => ReferenceEquals(joined, state) ? this : new ReplicatedBucket(joined);

    // The replicator asks before every merge; a whole comparison would cost more than the merge.
    public bool Equals(ReplicatedBucket? other) => other is not null && ReferenceEquals(state, other.State);

    public override bool Equals(object? obj) => Equals(obj as ReplicatedBucket);

    public override int GetHashCode() => state.GetHashCode();
}

/// <summary>A change of a bucket. It may come late, twice or before others: merging it is right in any order, so nothing has to be delivered causally.</summary>
internal sealed class BucketDelta(Bucket change) : IReplicatedDelta, IReplicatedDeltaSize
{
    public Bucket Change => change;

    public IDeltaReplicatedData Zero => ReplicatedBucket.Empty;

    public int DeltaSize => change.Items.Count;

    public IReplicatedData Merge(IReplicatedData other) => other switch
    {
        BucketDelta delta => new BucketDelta(change.Join(delta.Change)),
        ReplicatedBucket bucket => bucket.MergeDelta(this),
        _ => throw new ArgumentException($"{other.GetType()} is no bucket", nameof(other)),
    };
}

/// <summary>The replicator's key of a bucket.</summary>
internal sealed class BucketKey(string id) : Key<ReplicatedBucket>(id)
{
    public const string Prefix = "b/";

    private static readonly BucketKey[] All = [.. Enumerable.Range(0, Placing.Buckets).Select(b => new BucketKey($"{Prefix}{b}"))];

    public static BucketKey Of(int bucket) => All[bucket];
}
