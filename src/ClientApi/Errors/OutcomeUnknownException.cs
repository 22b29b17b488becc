using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// The change may or may not have been made: it was sent, and no certain answer came until the client gave up
/// (<see cref="AkkaHaClientOptions.GiveUpAfter"/>). Read to find out; for a transaction, and for a write under a guard or with a session, ask
/// <see cref="TransactionClient.ResolveAsync"/> with <see cref="RequestId"/>, which makes it certain.
/// </summary>
public sealed class OutcomeUnknownException : AkkaHaException
{
    internal OutcomeUnknownException(string message, string? requestId = null, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.OutcomeUnknown, message, details, inner)
    {
        RequestId = requestId;
    }

    /// <summary>The id it was sent under. For a transaction, the transaction's; so too for a write of a key under a guard or with a session, which the servers make a transaction of: <c>guarded:</c> and the id it was sent under.</summary>
    public string? RequestId { get; }
}
