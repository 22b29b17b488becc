using AkkaHa.Messages.V1;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Http;

/// <summary>Fields that are promised and not offered so far: whoever sends one has not misspelt it.</summary>
internal static class NotYet
{
    private static readonly Dictionary<MessageDescriptor, string[]> Names = new()
    {
        [PutKeyRequest.Descriptor] = ["ttlSeconds", "ttl_seconds", "sessionId", "session_id"],
    };

    public static bool Has(MessageDescriptor message, string name) => Names.TryGetValue(message, out var names) && names.Contains(name);
}
