using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>There is no such thing: no such session, for example. (An absent key is no error: it reads as null.)</summary>
public sealed class NotFoundException : AkkaHaException
{
    internal NotFoundException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.NotFound, message, details, inner)
    {
    }
}
