using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf;

namespace AkkaHa.Node.Api;

/// <summary>Checks of single fields: null when all is well, else the refusal, which names the field (as JSON spells it) and the limit.</summary>
internal static class Fields
{
    public static Failure? Name(string field, string name) => Wrong(field, Names.CheckName(field, name));

    /// <summary>What names begin with, or a place among them; may be empty.</summary>
    public static Failure? Prefix(string field, string prefix) => Wrong(field, Names.CheckPrefix(field, prefix));

    public static Failure? Number(string field, int number, int min, int max) => number >= min && number <= max
        ? null
        : Refusals.Invalid(field, Invariant($"is {number}; it must be from {min} to {max}"));

    public static Failure? Label(string field, string label) => Wrong(field, Names.CheckLabel(field, label));

    /// <summary>An id that may be left out.</summary>
    public static Failure? Id(string field, string id) => Wrong(field, Names.CheckId(field, id));

    public static Failure? RequiredId(string field, string id) =>
        id.Length == 0 ? Refusals.Invalid(field, "must not be empty") : Id(field, id);

    public static Failure? Value(string field, ByteString value) => value.Length > Limits.ValueBytes
        ? Refusals.Invalid(field, Invariant($"has {value.Length} bytes; the limit is {Limits.ValueBytes}"))
        : null;

    public static Failure? Seconds(string field, double seconds, double min, double max) => seconds >= min && seconds <= max
        ? null
        : Refusals.Invalid(field, Invariant($"is {seconds}; it must be from {min} to {max} seconds"));

    /// <summary>Seconds that may be left out; an explicit 0 is no way to do so.</summary>
    public static Failure? OptionalSeconds(string field, bool given, double seconds, double min, double max) =>
        given ? Seconds(field, seconds, min, max) : null;

    /// <summary>A fence that was granted: 1 or more.</summary>
    public static Failure? Fence(string field, long fence) =>
        fence >= 1 ? null : Refusals.Invalid(field, Invariant($"is {fence}; fences are 1 or more"));

    /// <summary>A revision, or 0 for no such key.</summary>
    public static Failure? Revision(string field, long revision) =>
        revision >= 0 ? null : Refusals.Invalid(field, Invariant($"is {revision}; revisions are 0 (absent) or more"));

    /// <summary>A session that may exist. What no session of this cluster can be called is answered like one that has ended.</summary>
    public static Failure? Session(string field, string text, ShardMap shards) => text.Length == 0
        ? Refusals.Invalid(field, "must not be empty")
        : IsSession(text, shards) ? null : Refusals.NoSuchSession(field, text);

    public static bool IsSession(string text, ShardMap shards) => SessionId.TryParse(text, out var id) && id.Slot < shards.ShardCount;

    private static Failure? Wrong(string field, string? message) => message is null ? null : Refusals.InvalidAs(field, message);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
