using System.Collections.Immutable;
using System.Text;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// A share of all eventual data, as one replica has it: for each item the entries that hold, and all changes ever seen. One rule merges all kinds: an entry stays if both have it,
/// or if one has it and the other has not seen its change; an entry that the other has seen and does not hold was removed there. Deleting therefore leaves no tombstone. (And a replica's sum stands for all its entries before it.)
/// </summary>
/// <remarks>A delta has the same shape: the items that changed (also those that are empty now), and only the dots of that change.</remarks>
public sealed class Bucket : IEquatable<Bucket>
{
    /// <summary>Nothing at all.</summary>
    public static readonly Bucket Empty = new(ImmutableDictionary<ItemKey, ImmutableArray<Entry>>.Empty, CausalContext.Empty, isDelta: false, 0);

    private static readonly Bucket NoChange = new(ImmutableDictionary<ItemKey, ImmutableArray<Entry>>.Empty, CausalContext.Empty, isDelta: true, 0);

    private Bucket(ImmutableDictionary<ItemKey, ImmutableArray<Entry>> items, CausalContext context, bool isDelta, long bytes)
    {
        Items = items;
        Context = context;
        IsDelta = isDelta;
        Bytes = bytes;
    }

    /// <summary>The entries of each item, in the order of their dots.</summary>
    public ImmutableDictionary<ItemKey, ImmutableArray<Entry>> Items { get; }

    /// <summary>The changes that were seen.</summary>
    public CausalContext Context { get; }

    /// <summary>Whether this is a change, not a state.</summary>
    public bool IsDelta { get; }

    /// <summary>How large it is, about.</summary>
    public long Bytes { get; }

    /// <summary>Of stored parts.</summary>
    public static Bucket Of(IEnumerable<KeyValuePair<ItemKey, ImmutableArray<Entry>>> items, CausalContext context, bool isDelta)
    {
        var all = items.ToImmutableDictionary();
        return new Bucket(all, context, isDelta, all.Sum(i => BytesOf(i.Key, i.Value)));
    }

    /// <summary>The entries of an item; none when there is none.</summary>
    public ImmutableArray<Entry> this[ItemKey item] => Items.TryGetValue(item, out var entries) ? entries : [];

    /// <summary>Everything of both.</summary>
    public Bucket Join(Bucket other)
    {
        if (ReferenceEquals(this, other)) return this;
        if (IsDelta && !other.IsDelta) return other.Join(this);
        var items = Items.ToBuilder();
        var bytes = Bytes;
        // A delta's dots are all of the items that it names.
        foreach (var item in other.IsDelta ? other.Items.Keys : Items.Keys.Union(other.Items.Keys))
        {
            var mine = this[item];
            var joined = Join(mine, Context, other[item], other.Context);
            if (Items.ContainsKey(item)) bytes -= BytesOf(item, mine);
            if (joined.IsEmpty && !IsDelta) items.Remove(item);
            else
            {
                items[item] = joined;
                bytes += BytesOf(item, joined);
            }
        }
        return new Bucket(items.ToImmutable(), Context.Join(other.Context), IsDelta, bytes);
    }

    private static ImmutableArray<Entry> Join(ImmutableArray<Entry> mine, CausalContext seen, ImmutableArray<Entry> others, CausalContext seenByOther)
    {
        var joined = ImmutableArray.CreateBuilder<Entry>(mine.Length + others.Length);
        int i = 0, j = 0;
        while (i < mine.Length || j < others.Length)
        {
            var order = i == mine.Length ? 1 : j == others.Length ? -1 : mine[i].Dot.CompareTo(others[j].Dot);
            if (order == 0) Add(joined, new Entry(mine[i].Dot, Content.Of(mine[i++].Content, others[j++].Content)));
            else if (order < 0)
            {
                if (!seenByOther.Contains(mine[i].Dot)) Add(joined, mine[i]);
                i++;
            }
            else
            {
                if (!seen.Contains(others[j].Dot)) Add(joined, others[j]);
                j++;
            }
        }
        return joined.DrainToImmutable();
    }

    /// <summary>A sum has in it all that its replica had counted before it: what lies below is late.</summary>
    private static void Add(ImmutableArray<Entry>.Builder joined, Entry entry)
    {
        if (entry.Content is Content.Counted { IsFolded: true })
            while (joined.Count > 0 && joined[^1].Dot.Replica == entry.Dot.Replica) joined.RemoveAt(joined.Count - 1);
        joined.Add(entry);
    }

    private static long BytesOf(ItemKey item, ImmutableArray<Entry> entries)
    {
        long bytes = 16 + Encoding.UTF8.GetByteCount(item.Name) + Encoding.UTF8.GetByteCount(item.Part);
        foreach (var entry in entries) bytes += entry.Content.Bytes;
        return bytes;
    }

    /// <summary>Begins a change by a replica.</summary>
    public Change Begin(ReplicaId replica) => new(this, replica);

    /// <inheritdoc />
    public bool Equals(Bucket? other) => ReferenceEquals(this, other)
        || (other is not null && IsDelta == other.IsDelta && Items.Count == other.Items.Count && Context.Equals(other.Context)
            && Items.All(i => other.Items.TryGetValue(i.Key, out var theirs) && i.Value.AsSpan().SequenceEqual(theirs.AsSpan())));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Bucket);

    /// <inheritdoc />
    public override int GetHashCode() => Items.Count;

    /// <summary>A change while it is made: it sees what it has done so far.</summary>
    public sealed class Change(Bucket from, ReplicaId replica)
    {
        /// <summary>Who makes it.</summary>
        public ReplicaId Replica => replica;

        /// <summary>With the change.</summary>
        public Bucket State { get; private set; } = from;

        /// <summary>Only the change.</summary>
        public Bucket Delta { get; private set; } = NoChange;

        /// <summary>Whether anything has changed.</summary>
        public bool IsEmpty => Delta.Items.IsEmpty;

        /// <summary>The last dot that was given.</summary>
        public Dot? Last { get; private set; }

        /// <summary>A new entry, instead of those.</summary>
        public void Put(ItemKey item, Content content, IEnumerable<Dot> insteadOf)
        {
            var dot = State.Context.Next(replica);
            Last = dot;
            Apply(item, [new Entry(dot, content)], insteadOf.Append(dot));
        }

        /// <summary>These entries of an item are gone.</summary>
        public void Remove(ItemKey item, IEnumerable<Dot> dots) => Apply(item, [], dots);

        /// <summary>An entry that is there says something else, and those are gone.</summary>
        public void Fold(ItemKey item, Entry into, IEnumerable<Dot> insteadOf) => Apply(item, [into], insteadOf.Append(into.Dot));

        /// <summary>These entries are told once more, as they are.</summary>
        public void Again(ItemKey item, IEnumerable<Entry> entries)
        {
            ImmutableArray<Entry> all = [.. entries];
            if (!all.IsEmpty) Apply(item, all, all.Select(e => e.Dot));
        }

        private void Apply(ItemKey item, ImmutableArray<Entry> entries, IEnumerable<Dot> dots)
        {
            var delta = Of([new(item, entries)], CausalContext.Empty.With(dots), isDelta: true);
            State = State.Join(delta);
            Delta = Delta.Join(delta);
        }
    }
}
