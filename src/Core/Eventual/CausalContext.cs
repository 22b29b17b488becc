using System.Collections.Immutable;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// All changes that a state has seen, those included whose effect is gone again: a set of dots, stored as a number for each replica up to which all were seen, and
/// single ones beyond. What a state has seen and does not hold was removed. (Almeida, Shoker and Baquero, Delta state replicated data types, 2018.)
/// </summary>
public sealed class CausalContext : IEquatable<CausalContext>
{
    /// <summary>Nothing seen.</summary>
    public static readonly CausalContext Empty = new(ImmutableDictionary<ReplicaId, long>.Empty, ImmutableHashSet<Dot>.Empty);

    private readonly ImmutableDictionary<ReplicaId, long> upTo;
    private readonly ImmutableHashSet<Dot> beyond;

    private CausalContext(ImmutableDictionary<ReplicaId, long> upTo, ImmutableHashSet<Dot> beyond)
    {
        this.upTo = upTo;
        this.beyond = beyond;
    }

    /// <summary>Per replica the number up to which all were seen, in ascending order.</summary>
    public IEnumerable<Dot> UpTo => upTo.Select(u => new Dot(u.Key, u.Value)).Order();

    /// <summary>Those seen beside that, in ascending order.</summary>
    public IEnumerable<Dot> Beyond => beyond.Order();

    /// <summary>How many numbers it takes to write it down.</summary>
    public int Count => upTo.Count + beyond.Count;

    /// <summary>Of stored parts.</summary>
    public static CausalContext Of(IEnumerable<Dot> upTo, IEnumerable<Dot> beyond) =>
        new CausalContext(upTo.ToImmutableDictionary(d => d.Replica, d => d.Sequence), ImmutableHashSet<Dot>.Empty).With(beyond);

    /// <summary>Whether this change was seen.</summary>
    public bool Contains(Dot dot) => dot.Sequence <= SeenUpTo(dot.Replica) || beyond.Contains(dot);

    /// <summary>All changes of a replica up to this number were seen.</summary>
    public long SeenUpTo(ReplicaId replica) => upTo.GetValueOrDefault(replica);

    /// <summary>The dot that this replica gives its next change.</summary>
    public Dot Next(ReplicaId replica)
    {
        var last = SeenUpTo(replica);
        foreach (var dot in beyond)
            if (dot.Replica == replica && dot.Sequence > last) last = dot.Sequence;
        return new Dot(replica, last + 1);
    }

    /// <summary>What either has seen.</summary>
    public CausalContext Join(CausalContext other)
    {
        if (ReferenceEquals(this, other) || other.Count == 0) return this;
        if (Count == 0) return other;
        var joined = upTo.ToBuilder();
        foreach (var (replica, sequence) in other.upTo)
            if (sequence > joined.GetValueOrDefault(replica)) joined[replica] = sequence;
        return Compact(joined, beyond.Union(other.beyond));
    }

    /// <summary>And these.</summary>
    public CausalContext With(IEnumerable<Dot> dots) => Compact(upTo.ToBuilder(), beyond.Union(dots));

    private static CausalContext Compact(ImmutableDictionary<ReplicaId, long>.Builder upTo, ImmutableHashSet<Dot> beyond)
    {
        if (beyond.Count == 0) return new CausalContext(upTo.ToImmutable(), beyond);
        var left = beyond.ToBuilder();
        foreach (var dot in beyond.Order())
        {
            var seen = upTo.GetValueOrDefault(dot.Replica);
            if (dot.Sequence > seen + 1) continue;
            left.Remove(dot);
            if (dot.Sequence == seen + 1) upTo[dot.Replica] = dot.Sequence;
        }
        return new CausalContext(upTo.ToImmutable(), left.ToImmutable());
    }

    /// <inheritdoc />
    public bool Equals(CausalContext? other) =>
        other is not null && upTo.Count == other.upTo.Count && beyond.SetEquals(other.beyond) && upTo.All(u => other.SeenUpTo(u.Key) == u.Value);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as CausalContext);

    /// <inheritdoc />
    public override int GetHashCode() => Count;
}
