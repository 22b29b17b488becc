using System.Globalization;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// Which bucket holds what. Stored data depends on it, so it can never change. A bucket is what travels and is stored as a whole: there are enough of them that each is small, and
/// few enough that comparing all of them is quick.
/// </summary>
public static class Placing
{
    /// <summary>Buckets in all.</summary>
    public const int Buckets = 1024;

    /// <summary>Parts of a set or map; each is in a bucket of its own.</summary>
    public const int Parts = 16;

    /// <summary>The name of a datum in its buckets.</summary>
    public static string NameOf(Kind kind, string key) => $"{Kinds.NameOf(kind)}/{key}";

    /// <summary>The buckets of a datum.</summary>
    public static IReadOnlyList<int> BucketsOf(Kind kind, string name) =>
        Kinds.IsSpread(kind) ? [.. Enumerable.Range(0, Parts).Select(p => BucketOf(name, p)).Distinct()] : [BucketOf(name, 0)];

    /// <summary>The bucket of one element of a set, or field of a map.</summary>
    public static int BucketOfElement(string name, string element) => BucketOf(name, (int)(StableHash.Of(element) % Parts));

    private static int BucketOf(string name, int part) =>
        (int)(StableHash.Of(part == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{part}/{name}")) % Buckets);
}
