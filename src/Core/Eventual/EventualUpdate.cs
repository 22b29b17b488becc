using System.Globalization;
using System.Text;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Core.Eventual;

/// <summary>What is to be done to a datum. Checked before it comes here: it has what its kind takes, and nothing else.</summary>
public sealed record EventualUpdate(Kind Kind, string Name)
{
    /// <summary>Of a counter.</summary>
    public long Increment { get; init; }

    /// <summary>Of a set.</summary>
    public IReadOnlyList<string> Add { get; init; } = [];

    /// <summary>Elements of a set, fields of a map.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>Of a register.</summary>
    public string Value { get; init; } = "";

    /// <summary>Fields of a map.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();

    /// <summary>Of a flag.</summary>
    public bool Enable { get; init; }

    /// <summary>All of it goes.</summary>
    public bool Delete { get; init; }

    /// <summary>Empty: a repeat can't be known.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>When the request was issued, where its id says so.</summary>
    public long? IssuedAtMs { get; init; }

    /// <summary>The buckets that it concerns, each with its share.</summary>
    public IReadOnlyDictionary<int, EventualUpdate> ByBucket()
    {
        if (!Kinds.IsSpread(Kind) || Delete) return Placing.BucketsOf(Kind, Name).ToDictionary(b => b, _ => this);
        int Of(string element) => Placing.BucketOfElement(Name, element);
        return Add.Concat(Remove).Concat(Set.Keys).Select(Of).Distinct().ToDictionary(b => b, b => this with
        {
            Add = [.. Add.Where(e => Of(e) == b)],
            Remove = [.. Remove.Where(e => Of(e) == b)],
            Set = Set.Where(f => Of(f.Key) == b).ToDictionary(f => f.Key, f => f.Value),
        });
    }

    /// <summary>The same for the same change of the same datum.</summary>
    public ulong Hash()
    {
        var text = new StringBuilder();
        void Append(string part) => text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        Append(Name);
        Append(string.Create(CultureInfo.InvariantCulture, $"{Increment},{Enable},{Delete},{Add.Count},{Remove.Count},{Set.Count}"));
        Append(Value);
        foreach (var element in Add.Order(StringComparer.Ordinal)) Append(element);
        foreach (var element in Remove.Order(StringComparer.Ordinal)) Append(element);
        foreach (var (field, value) in Set.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            Append(field);
            Append(value);
        }
        return StableHash.Of(text.ToString());
    }
}

/// <summary>How an update of one bucket ended. Only <see cref="Done"/> changes anything.</summary>
public enum UpdateOutcome
{
    /// <summary>Not known: what an unmapped value must mean.</summary>
    Unknown,

    /// <summary>It is in the state now.</summary>
    Done,

    /// <summary>The same request was done before.</summary>
    DoneBefore,

    /// <summary>Another request was done under this id.</summary>
    OtherRequest,

    /// <summary>The id is not known, but so old that it may have been forgotten.</summary>
    TooLate,

    /// <summary>The id says that it is of a time to come: when its repeats end can't be told.</summary>
    TooEarly,

    /// <summary>The counter would leave 64 bits.</summary>
    OutOfRange,

    /// <summary>The bucket is full.</summary>
    Full,
}
