using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The server does not know who is calling. (Reserved.)</summary>
public sealed class UnauthenticatedException : AkkaHaException
{
    internal UnauthenticatedException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Unauthenticated, message, details, inner)
    {
    }
}
