using System.Buffers;
using AkkaHa.Messages;
using AkkaHa.Node.Api.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaHa.Node.Api.Http;

/// <summary>Reads whole request bodies, up to <see cref="Limits.ClientMessageBytes"/>.</summary>
internal static class RequestBodies
{
    // To close the connection on someone who is still sending means that he sees a broken pipe instead of our 413: what is not
    // absurdly larger than the limit is read and forgotten first.
    private const long DrainBytes = 4L * Limits.ClientMessageBytes;
    private const int ChunkBytes = 64 * 1024;

    /// <exception cref="RefusedException">413.</exception>
    public static async Task<MemoryStream> ReadAsync(HttpContext context)
    {
        var body = new MemoryStream();
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }) return body;
        if (context.Request.ContentLength > Limits.ClientMessageBytes && context.Request.Headers.Expect.Count > 0) throw TooLarge();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = DrainBytes;
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long total = 0;
            while (await context.Request.Body.ReadAsync(chunk, context.RequestAborted) is var count and > 0)
            {
                total += count;
                if (total <= Limits.ClientMessageBytes) body.Write(chunk, 0, count);
            }
            return total <= Limits.ClientMessageBytes ? body : throw TooLarge();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static RefusedException TooLarge() => new(HttpErrors.TooLarge(), StatusCodes.Status413PayloadTooLarge);
}
