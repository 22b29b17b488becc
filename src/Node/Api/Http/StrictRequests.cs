using AkkaHa.Node.Api.Errors;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Net.Http.Headers;

namespace AkkaHa.Node.Api.Http;

/// <summary>Between routing and the transcoder: refuses what the transcoder would misread or ignore. Other endpoints pass untouched.</summary>
internal sealed class StrictRequests(RequestDelegate next, MethodShapes shapes)
{
    private const string Json = "application/json";
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } metadata)
        {
            var shape = shapes.Of(metadata);
            Refusals.ThrowIf(StrictQuery.Check(context.Request.Query, shape));
            if (shape.HasBody) await CheckBodyAsync(context, shape);
            else await RefuseBodyAsync(context);
        }
        await next(context);
    }

    private static async Task CheckBodyAsync(HttpContext context, MethodShape shape)
    {
        var request = context.Request;
        var body = await RequestBodies.ReadAsync(context);
        if (body.Length > 0 || !string.IsNullOrEmpty(request.ContentType)) CheckContentType(request);
        if (body.Length == 0)
        {
            if (!HttpMethods.IsPost(request.Method)) throw new RefusedException(Refusals.Invalid("body", "is empty; it must be a JSON object"));
            body = new MemoryStream(EmptyObject, 0, EmptyObject.Length, writable: false, publiclyVisible: true);
        }
        Refusals.ThrowIf(StrictJson.Check(body.GetBuffer().AsSpan(0, (int)body.Length), shape.Request, shape.BoundBy(request.Path.Value ?? "")));
        body.Position = 0;
        request.Body = body;
        request.ContentType = Json;
    }

    // A body that nobody reads may hold the condition that its sender counts on.
    private static async Task RefuseBodyAsync(HttpContext context)
    {
        if (await RequestBodies.ReadAsync(context) is { Length: > 0 })
            throw new RefusedException(Refusals.Invalid("body", $"is not taken by {context.Request.Method}; use query parameters"));
    }

    private static void CheckContentType(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !(type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            throw Unsupported("content-type", $"is '{Refusals.Quote(request.ContentType ?? "")}'; it must be {Json}");
        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("content-type", $"has the charset {type.Charset}; it must be utf-8");
        if (request.Headers.ContentEncoding.Count > 0)
            throw Unsupported("content-encoding", "is not taken; send the body as it is");
    }

    private static RefusedException Unsupported(string field, string says) =>
        new(Refusals.Invalid(field, says), StatusCodes.Status415UnsupportedMediaType);
}
