using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The session was closed or has run out, and with it all that it held. The client makes another when the next lock is taken.</summary>
public sealed class SessionExpiredException : AkkaHaException
{
    internal SessionExpiredException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.SessionExpired, message, details, inner)
    {
    }
}
