using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaHa.Messages;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Node.Api.Errors;

/// <summary>A refusal as an HTTP response: <c>{"code","message","details"}</c> with the table's status.</summary>
internal static class HttpErrors
{
    // It is JSON and says so: quotes in a message need no disguise.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="context">Whose response has not started.</param>
    /// <param name="failure">What is told.</param>
    /// <param name="status">Instead of the table's status; null: the table's.</param>
    public static Task WriteAsync(HttpContext context, Failure failure, int? status)
    {
        var row = ErrorTable.Of(failure.Code);
        var response = context.Response;
        response.StatusCode = status ?? row.Http;
        response.ContentType = "application/json; charset=utf-8";
        if (row.Code == ErrorCode.Unavailable) response.Headers.RetryAfter = ((int)Math.Ceiling(ApiTimes.HintOf(failure).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var body = Body(failure);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>What a bare status of the framework's (no such route, no such method there) says in our terms.</summary>
    public static Failure OfStatus(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var target = $"{request.Method} {Refusals.Quote(request.Path.Value ?? "")}";
        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Refusals.Of(ErrorCode.NotFound, $"there is no route {target}"),
            StatusCodes.Status405MethodNotAllowed => WrongVerb(context),
            StatusCodes.Status415UnsupportedMediaType => Refusals.Invalid("content-type", $"'{Refusals.Quote(request.ContentType ?? "")}' is not taken here"),
            >= 400 and < 500 and var status => ErrorTable.Rows.FirstOrDefault(r => r.Http == status && status != 400) is { } row
                ? Refusals.Of(row.Code, row.Meaning)
                : Refusals.Invalid("request", $"{target} could not be understood"),
            _ => Refusals.Unexpected(IsRead(request)),
        };
    }

    public static Failure WrongVerb(HttpContext context) => Refusals.Invalid(
        "method", $"{context.Request.Method} is not offered by {Refusals.Quote(context.Request.Path.Value ?? "")}; it takes {context.Response.Headers.Allow}");

    public static Failure TooLarge() => Refusals.Invalid("body", $"is larger than the limit of {Limits.ClientMessageBytes} bytes");

    public static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>The body alone, on one line.</summary>
    public static byte[] Body(Failure failure)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("code", ErrorTable.Of(failure.Code).Name);
            json.WriteString("message", failure.Message);
            json.WritePropertyName("details");
            using (var details = JsonDocument.Parse(failure.Details is null ? "{}" : JsonFormatter.Default.Format(failure.Details))) details.WriteTo(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
