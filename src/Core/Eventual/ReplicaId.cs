using System.Globalization;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// Who made a change: one life of one node's store. After a crash a node is another replica, since it may have forgotten changes that others have: were it to
/// number on from what it remembers, they would take its next changes for ones that they know.
/// </summary>
public readonly record struct ReplicaId(ulong Value) : IComparable<ReplicaId>
{
    /// <inheritdoc />
    public int CompareTo(ReplicaId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>One change: the n-th of a replica in one bucket.</summary>
public readonly record struct Dot(ReplicaId Replica, long Sequence) : IComparable<Dot>
{
    /// <inheritdoc />
    public int CompareTo(Dot other) => Replica.CompareTo(other.Replica) is not 0 and var byReplica ? byReplica : Sequence.CompareTo(other.Sequence);

    /// <inheritdoc />
    public override string ToString() => $"{Replica}:{Sequence.ToString(CultureInfo.InvariantCulture)}";
}
