using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Http;

/// <summary>The fields of a message by the names that JSON may use: <c>ifRevision</c>, and as protobuf has it also <c>if_revision</c>.</summary>
internal static class FieldNames
{
    private static readonly ConcurrentDictionary<MessageDescriptor, FrozenDictionary<string, FieldDescriptor>> Known = new();

    public static FrozenDictionary<string, FieldDescriptor> Of(MessageDescriptor message) => Known.GetOrAdd(message, static m =>
        m.Fields.InFieldNumberOrder().SelectMany(f => new[] { f.JsonName, f.Name }.Distinct().Select(n => KeyValuePair.Create(n, f)))
            .ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>What to tell someone who used another name.</summary>
    public static string List(IEnumerable<FieldDescriptor> fields)
    {
        var names = fields.Select(f => f.JsonName).Distinct().ToArray();
        return names.Length == 0 ? "there are none" : $"there are {string.Join(", ", names)}";
    }
}
