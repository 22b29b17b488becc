using System.Text.Json;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// What the service answers when it does not do as asked; one subclass for each code. Beside these, calls throw
/// <see cref="OperationCanceledException"/> when they are cancelled (what a cancelled change did is not known) and
/// <see cref="ObjectDisposedException"/> after the client was disposed.
/// </summary>
public abstract class AkkaHaException : Exception
{
    private protected AkkaHaException(ErrorCode code, string message, JsonElement details, Exception? inner)
        : base($"{ErrorTable.Of(code).Name}: {message}", inner)
    {
        Code = code;
        Details = details.ValueKind == JsonValueKind.Object ? details : EmptyObject;
    }

    /// <summary>The code, the same over every transport.</summary>
    public ErrorCode Code { get; }

    /// <summary>More about it, as a JSON object; empty when there is no more. What matters of it has properties on the subclasses.</summary>
    public JsonElement Details { get; }

    private static JsonElement EmptyObject => JsonElement.Parse("{}");
}
