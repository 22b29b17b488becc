using System.Globalization;
using System.Text;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api.Eventual;

/// <summary>Values and refusals as users see them.</summary>
internal static class EventualAnswers
{
    /// <summary>What buckets have of a datum; null: there is none by that name.</summary>
    /// <exception cref="RefusedException">It is more than fits an answer.</exception>
    public static (Value Value, int? Size)? ValueOf(IReadOnlyList<Bucket> buckets, Kind kind, string name)
    {
        if (!Reading.Exists(buckets, kind, name)) return null;
        switch (kind)
        {
            case Kind.Counter:
                return (Value.ForString(Reading.Counter(buckets[0], name).ToString(CultureInfo.InvariantCulture)), null);
            case Kind.Register:
                return (Value.ForString(Reading.Register(buckets[0], name)), null);
            case Kind.Flag:
                return (Value.ForBool(Reading.Flag(buckets[0], name) == true), null);
            case Kind.Set:
                var elements = Reading.ElementsOf(buckets, name);
                CheckSize(BytesOf(elements));
                return (Value.ForList([.. elements.Select(Value.ForString)]), elements.Count);
            case Kind.Map:
                var fields = Reading.Map(buckets, name);
                CheckSize(BytesOf(fields));
                var map = new Struct();
                foreach (var (field, text) in fields.OrderBy(f => f.Key, StringComparer.Ordinal)) map.Fields[field] = Value.ForString(text);
                return (Value.ForStruct(map), fields.Count);
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind");
        }
    }

    /// <summary>An update that was not done.</summary>
    public static Failure? Refusal(UpdateOutcome outcome, string key) => outcome switch
    {
        UpdateOutcome.Done or UpdateOutcome.DoneBefore => null,
        UpdateOutcome.OtherRequest => Refusals.Invalid("requestId", "was used for another request to this key; each needs one of its own"),
        UpdateOutcome.TooLate => Refusals.Of(ErrorCode.OutcomeUnknown, $"this request was issued more than {Limits.OutcomeSeconds} s ago; whether it was done then is not known any more"),
        UpdateOutcome.TooEarly => Refusals.Invalid("requestId", $"carries an issue time ahead of this node's clock; the limit is {Limits.ClockAheadSeconds} s"),
        UpdateOutcome.OutOfRange => Refusals.Invalid("increment", "would take the counter beyond 64 bits"),
        UpdateOutcome.Full => Refusals.Of(ErrorCode.LimitExceeded, $"'{key}' is in a part of the eventual data that has {Limits.EventualBucketBytes} bytes, which is the limit (a counter: too many requests within {Limits.EventualRepeatSeconds} s); it was not done, or not wholly"),
        _ => Refusals.Unexpected(isRead: false),
    };

    /// <summary>Fewer nodes than asked: what is known all the same.</summary>
    public static Failure Partial(string message, string kind, string key, Value? value, string token)
    {
        var failure = Refusals.Of(ErrorCode.Partial, message);
        failure.Details = new Struct { Fields = { ["kind"] = Value.ForString(kind), ["key"] = Value.ForString(key), ["reached"] = Value.ForString("local") } };
        if (value is not null) failure.Details.Fields["value"] = value;
        if (token.Length > 0) failure.Details.Fields["token"] = Value.ForString(token);
        return failure;
    }

    /// <summary>Whether a set or map is neither too large nor too many for the answer to an update of it, which was done whatever comes of the answer.</summary>
    public static bool FitsUpdate(IReadOnlyList<Bucket> buckets, Kind kind, string name, int size) =>
        size <= Limits.EventualElementsInAnswer && (kind == Kind.Set ? BytesOf(Reading.ElementsOf(buckets, name)) : BytesOf(Reading.Map(buckets, name))) <= Limits.EventualAnswerBytes;

    private static long BytesOf(IEnumerable<string> elements) => elements.Sum(e => (long)Encoding.UTF8.GetByteCount(e));

    private static long BytesOf(IReadOnlyDictionary<string, string> fields) => BytesOf(fields.Keys) + BytesOf(fields.Values);

    private static void CheckSize(long bytes)
    {
        if (bytes > Limits.EventualAnswerBytes) throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"the value has {bytes} bytes; the limit of one answer is {Limits.EventualAnswerBytes}"));
    }
}
