using System.Globalization;
using System.Text;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Eventual;

/// <summary>What requests for eventual data must look like.</summary>
internal static class EventualValidation
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static Failure? Check(GetEventualRequest request) =>
        Datum(request.Kind, request.Key) ?? Call(request.Consistency, request.HasTimeoutSeconds, request.TimeoutSeconds);

    public static Failure? Check(DeleteEventualRequest request) =>
        Datum(request.Kind, request.Key) ?? Call(request.Consistency, request.HasTimeoutSeconds, request.TimeoutSeconds) ?? Fields.Id("requestId", request.RequestId);

    public static Failure? Check(WatchEventualRequest request) => Datum(request.Kind, request.Key);

    public static Failure? Check(ListEventualRequest request) =>
        KindOf(request.Kind)
        ?? Fields.Prefix("prefix", request.Prefix)
        ?? Fields.Prefix("after", request.After)
        ?? (request.HasLimit ? Fields.Number("limit", request.Limit, 1, Limits.ListPageKeys) : null);

    public static Failure? Check(UpdateEventualRequest request) =>
        Datum(request.Kind, request.Key)
        ?? Operations(request)
        ?? Call(request.Consistency, request.HasTimeoutSeconds, request.TimeoutSeconds)
        ?? Fields.Id("requestId", request.RequestId);

    public static double TimeoutSeconds(bool given, double seconds) => given ? seconds : Limits.EventualTimeoutDefaultSeconds;

    private static Failure? Datum(string kind, string key) => KindOf(kind) ?? Fields.Name("key", key);

    private static Failure? KindOf(string kind) =>
        Kinds.TryParse(kind, out _) ? null : Refusals.Invalid("kind", $"is '{Refusals.Quote(kind)}'; it must be one of {string.Join(", ", Kinds.Names)}");

    private static Failure? Call(EventualConsistency consistency, bool hasTimeout, double timeout) =>
        (Enum.IsDefined(consistency) ? null : Refusals.Invalid("consistency", "must be one of local, majority, all"))
        ?? Fields.OptionalSeconds("timeoutSeconds", hasTimeout, timeout, Limits.EventualTimeoutMinSeconds, Limits.EventualTimeoutMaxSeconds);

    private static Failure? Operations(UpdateEventualRequest request)
    {
        _ = Kinds.TryParse(request.Kind, out var kind);
        (string Field, bool Given, bool Taken)[] fields =
        [
            ("increment", request.HasIncrement, kind == Kind.Counter), ("add", request.Add.Count > 0, kind == Kind.Set), ("remove", request.Remove.Count > 0, Kinds.IsSpread(kind)),
            ("value", request.HasValue, kind == Kind.Register), ("set", request.Set.Count > 0, kind == Kind.Map), ("enable", request.HasEnable, kind == Kind.Flag),
        ];
        foreach (var (field, given, taken) in fields)
            if (given && !taken) return Refusals.Invalid(field, $"is nothing for a {request.Kind}; it takes {string.Join(" and ", fields.Where(f => f.Taken).Select(f => f.Field))}");
        if (!fields.Any(f => f.Given)) return Refusals.Invalid(fields.First(f => f.Taken).Field, $"must be given: it is what a {request.Kind} is updated with");
        return Elements(request) ?? (request.HasValue ? Text("value", request.Value, Limits.EventualValueBytes) : null) ?? Map(request);
    }

    private static Failure? Elements(UpdateEventualRequest request)
    {
        var count = request.Add.Count + request.Remove.Count + request.Set.Count;
        if (count > Limits.EventualElementsPerUpdate)
            return Refusals.Invalid(request.Add.Count > 0 ? "add" : request.Set.Count > 0 ? "set" : "remove", $"has too many: {count} in all; the limit is {Limits.EventualElementsPerUpdate}");
        var seen = new HashSet<string>(request.Set.Keys, StringComparer.Ordinal);
        foreach (var (field, elements) in new[] { ("add", request.Add), ("remove", request.Remove) })
        {
            for (var i = 0; i < elements.Count; i++)
            {
                var at = string.Create(CultureInfo.InvariantCulture, $"{field}[{i}]");
                if (Element(at, elements[i]) is { } wrong) return wrong;
                if (!seen.Add(elements[i])) return Refusals.Invalid(at, $"'{Refusals.Quote(elements[i])}' is given more than once");
            }
        }
        return null;
    }

    private static Failure? Map(UpdateEventualRequest request)
    {
        foreach (var (field, value) in request.Set)
            if ((Element("set", field) ?? Text($"set.{Refusals.Quote(field)}", value, Limits.EventualValueBytes)) is { } wrong) return wrong;
        return null;
    }

    private static Failure? Element(string field, string element) =>
        element.Length == 0 ? Refusals.Invalid(field, "must not be empty") : Text(field, element, Limits.EventualElementBytes);

    private static Failure? Text(string field, string text, int limit)
    {
        try
        {
            var bytes = StrictUtf8.GetByteCount(text);
            return bytes > limit ? Refusals.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"has {bytes} bytes as UTF-8; the limit is {limit}")) : null;
        }
        catch (EncoderFallbackException)
        {
            return Refusals.Invalid(field, "is not valid Unicode (a lone surrogate)");
        }
    }
}
