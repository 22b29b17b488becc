using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A queue or a session is full; the message names the limit. Nothing was done.</summary>
public sealed class LimitExceededException : AkkaHaException
{
    internal LimitExceededException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.LimitExceeded, message, details, inner)
    {
    }
}
