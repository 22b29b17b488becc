using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Another holder is upgrading already; both would wait for ever.</summary>
public sealed class UpgradeConflictException : AkkaHaException
{
    internal UpgradeConflictException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.UpgradeConflict, message, details, inner)
    {
    }
}
