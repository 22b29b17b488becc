using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Api.Errors;

/// <summary>What the server found wrong with a request's body before anybody could read it.</summary>
internal static class HttpBodyRefusals
{
    public static Failure Of(BadHttpRequestException bad) => bad.StatusCode == StatusCodes.Status413PayloadTooLarge
        ? Refusals.Invalid("body", $"is larger than the limit of {Limits.ClientMessageBytes} bytes")
        : Refusals.Invalid("body", $"could not be read: {bad.Message}");
}
