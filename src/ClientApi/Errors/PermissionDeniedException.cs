using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The caller may not do this. (Reserved.)</summary>
public sealed class PermissionDeniedException : AkkaHaException
{
    internal PermissionDeniedException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.PermissionDenied, message, details, inner)
    {
    }
}
