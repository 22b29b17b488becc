using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The request is malformed or beyond a limit; the message names the field and the limit. Nothing was done.</summary>
public sealed class InvalidArgumentException : AkkaHaException
{
    internal InvalidArgumentException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.InvalidArgument, message, details, inner)
    {
    }
}
