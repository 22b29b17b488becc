using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// No node could serve the call until the client gave up (<see cref="AkkaHaClientOptions.GiveUpAfter"/>). A change was certainly not made;
/// when that is not certain, it is an <see cref="OutcomeUnknownException"/> instead.
/// </summary>
public sealed class UnavailableException : AkkaHaException
{
    internal UnavailableException(string message, TimeSpan? retryAfter = null, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Unavailable, message, details, inner)
    {
        RetryAfter = retryAfter ?? (inner as UnavailableException)?.RetryAfter;
    }

    /// <summary>When the server expects to serve again, if it said so.</summary>
    public TimeSpan? RetryAfter { get; }
}
