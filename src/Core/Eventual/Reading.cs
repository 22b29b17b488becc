namespace AkkaHa.Core.Eventual;

/// <summary>What the entries of buckets amount to.</summary>
public static class Reading
{
    /// <summary>Whether there is a datum by that name.</summary>
    public static bool Exists(IEnumerable<Bucket> buckets, Kind kind, string name) => Kinds.IsSpread(kind)
        ? Elements(buckets, name).Any()
        : buckets.Any(b => !b[ItemKey.ValueOf(name)].IsEmpty);

    /// <summary>A counter's value; beyond 64 bits, which increments at the same time can bring about, the nearest.</summary>
    public static long Counter(Bucket bucket, string name, EventualRules? rules = null) =>
        (long)Int128.Clamp(Sum(bucket, name, rules), long.MinValue, long.MaxValue);

    /// <summary>Each request counts once, however many nodes it came in at, and not at all if it was deleted.</summary>
    internal static Int128 Sum(Bucket bucket, string name, EventualRules? rules = null)
    {
        var entries = bucket[ItemKey.ValueOf(name)];
        HashSet<string>? seen = null;
        Int128 sum = 0;
        foreach (var (_, content) in entries)
        {
            if (content is not Content.Counted one) continue;
            if (!one.IsFolded && rules is not { CountRequestsOnce: false } && !(seen ??= Marked(bucket, name)).Add(one.RequestId)) continue;
            sum += one.Amount;
        }
        return sum;
    }

    /// <summary>The requests whose marks a datum has.</summary>
    internal static HashSet<string> Marked(Bucket bucket, string name) =>
        [.. bucket[ItemKey.MarksOf(name)].Select(e => e.Content).OfType<Content.Mark>().Select(m => m.RequestId)];

    /// <summary>A register's value: of several writes that did not see one another, the latest; null when there is none.</summary>
    public static string? Register(Bucket bucket, string name) => Latest(bucket, ItemKey.ValueOf(name));

    /// <summary>A flag: on if any of the switches that did not see one another was to on; null when there is none.</summary>
    public static bool? Flag(Bucket bucket, string name) => bucket[ItemKey.ValueOf(name)] is { IsEmpty: false } entries
        ? entries.Any(e => e.Content is Content.Enabled { On: true })
        : null;

    /// <summary>The elements of a set, or the fields of a map, in ascending order.</summary>
    public static IReadOnlyList<string> ElementsOf(IEnumerable<Bucket> buckets, string name) => [.. Elements(buckets, name).Select(i => i.Item.Element).Order(StringComparer.Ordinal)];

    /// <summary>The fields of a map.</summary>
    public static IReadOnlyDictionary<string, string> Map(IEnumerable<Bucket> buckets, string name) =>
        Elements(buckets, name).ToDictionary(i => i.Item.Element, i => Latest(i.Bucket, i.Item) ?? "", StringComparer.Ordinal);

    /// <summary>The names of a kind that begin so, in no order, some more than once.</summary>
    public static IEnumerable<string> Names(IEnumerable<Bucket> buckets, Kind kind, string prefix)
    {
        var begin = Placing.NameOf(kind, prefix);
        var kindLength = Placing.NameOf(kind, "").Length;
        return buckets.SelectMany(b => b.Items.Keys).Where(i => i.IsData && i.Name.StartsWith(begin, StringComparison.Ordinal)).Select(i => i.Name[kindLength..]);
    }

    private static IEnumerable<(Bucket Bucket, ItemKey Item)> Elements(IEnumerable<Bucket> buckets, string name) =>
        buckets.SelectMany(b => b.Items.Keys.Where(i => i.IsElement && i.Name == name).Select(i => (b, i)));

    private static string? Latest(Bucket bucket, ItemKey item)
    {
        (HybridTime Stamp, Dot Dot, string Value)? latest = null;
        foreach (var (dot, content) in bucket[item])
            if (content is Content.Written written && (latest is not { } l || (written.Stamp, dot).CompareTo((l.Stamp, l.Dot)) > 0)) latest = (written.Stamp, dot, written.Value);
        return latest?.Value;
    }
}
