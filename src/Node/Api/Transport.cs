using Microsoft.AspNetCore.Grpc.JsonTranscoding;

namespace AkkaHa.Node.Api;

/// <summary>Which of the two transports a request came by.</summary>
internal static class Transport
{
    /// <summary>Known once routing has run; before that, by the content type alone.</summary>
    public static bool IsGrpc(HttpContext context) =>
        context.Request.ContentType is { } type
        && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is null;
}
