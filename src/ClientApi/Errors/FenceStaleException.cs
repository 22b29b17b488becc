using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The lock is not held with this fence any more. Stop: somebody else may hold it.</summary>
public sealed class FenceStaleException : AkkaHaException
{
    internal FenceStaleException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.FenceStale, message, details, inner)
    {
    }
}
