using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// The change may or may not have been made: it was sent, and no certain answer came until the client gave up
/// (<see cref="AkkaHaClientOptions.GiveUpAfter"/>). Read to find out; for a transaction ask
/// <see cref="TransactionClient.ResolveAsync"/>, which makes it certain.
/// </summary>
public sealed class OutcomeUnknownException : AkkaHaException
{
    internal OutcomeUnknownException(string message, string? requestId = null, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.OutcomeUnknown, message, details, inner)
    {
        RequestId = requestId;
    }

    /// <summary>The id it was sent under: for a transaction, the transaction's.</summary>
    public string? RequestId { get; }
}
