using System.Text;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.Reflection;
using Microsoft.Net.Http.Headers;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// A response that does not end by itself: a line of JSON for each event or, for those who accept <c>text/event-stream</c>, a server-sent event. Once it has begun, what ends it is its last line or event,
/// since the status has been sent.
/// </summary>
internal sealed class HttpEventStream(HttpContext context)
{
    /// <summary>The name of what only says how far the stream is.</summary>
    public const string Heartbeat = "heartbeat";

    private const string EventStream = "text/event-stream";
    private const string Lines = "application/x-ndjson";

    /// <summary>What it may be.</summary>
    public static readonly string[] MediaTypes = [Lines, EventStream];

    /// <summary>Whether a method's stream is one; others are the transcoder's.</summary>
    public static bool Carries(MethodDescriptor method) => method.FullName is "akkaha.v1.Keys.Watch" or "akkaha.v1.Locks.Watch";

    private readonly bool events = Accepts(context.Request);

    /// <summary>Where a browser goes on by itself after a cut: it says so in a header, and repeats the address it was given, so this counts more than <c>from</c>.</summary>
    public static string? LastEventId(HttpContext context) =>
        Accepts(context.Request) && context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : null;

    public async ValueTask WriteAsync(string id, string name, ReadOnlyMemory<byte> json, bool flush, CancellationToken ct)
    {
        await BeginAsync(ct);
        var body = context.Response.Body;
        if (events) await body.WriteAsync(Encoding.ASCII.GetBytes($"id: {id}\nevent: {name}\ndata: "), ct);
        await body.WriteAsync(json, ct);
        await body.WriteAsync(events ? "\n\n"u8.ToArray() : "\n"u8.ToArray(), ct);
        if (flush) await body.FlushAsync(ct);
    }

    /// <summary>False: nothing was sent yet, so that a status can say it.</summary>
    public async Task<bool> TryEndAsync(Failure why, CancellationToken ct)
    {
        if (!context.Response.HasStarted) return false;
        var json = HttpErrors.Body(why);
        byte[] last = events ? [.. "event: error\ndata: "u8, .. json, .. "\n\n"u8] : [.. json, .. "\n"u8];
        await context.Response.Body.WriteAsync(last, ct);
        await context.Response.Body.FlushAsync(ct);
        return true;
    }

    private Task BeginAsync(CancellationToken ct)
    {
        var response = context.Response;
        if (response.HasStarted) return Task.CompletedTask;
        response.ContentType = events ? EventStream : Lines;
        response.Headers.CacheControl = "no-store";
        // Proxies that would gather a page first are asked not to.
        response.Headers["X-Accel-Buffering"] = "no";
        return response.StartAsync(ct);
    }

    private static bool Accepts(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals(EventStream, StringComparison.OrdinalIgnoreCase));
}
