using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The wait was part of a cycle and was broken here. Release what you hold and begin again.</summary>
public sealed class DeadlockException : AkkaHaException
{
    internal DeadlockException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Deadlock, message, details, inner)
    {
    }
}
