using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The position is older than what is kept. Read the state again and go on from there.</summary>
public sealed class CompactedException : AkkaHaException
{
    internal CompactedException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Compacted, message, details, inner)
    {
    }
}
