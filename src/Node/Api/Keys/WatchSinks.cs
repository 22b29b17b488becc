using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Watches;
using Grpc.Core;
using Microsoft.Net.Http.Headers;

namespace AkkaHa.Node.Api.Keys;

/// <summary>Where the changes of one watch go.</summary>
internal interface IWatchSink
{
    /// <summary>Sends, at the latest when no more follows at once.</summary>
    ValueTask WriteAsync(WatchItem item, bool moreFollows, CancellationToken ct);

    /// <summary>Tells why the stream ends. False: whoever called has to.</summary>
    Task<bool> TryEndAsync(Failure why, CancellationToken ct);
}

/// <summary>
/// gRPC: a failure is the status at the stream's end. The first message goes through the library, which begins the response; what follows are the bytes that all watches share, each change as it is framed once,
/// and as many as there are go out together.
/// </summary>
internal sealed class GrpcWatchSink(IServerStreamWriter<WatchEvent> stream, HttpContext context) : IWatchSink
{
    private const int FlushBytes = 64 * 1024;

    private bool begun;
    private int written;

    public ValueTask WriteAsync(WatchItem item, bool moreFollows, CancellationToken ct)
    {
        if (!begun)
        {
            begun = true;
            return new ValueTask(stream.WriteAsync(item.Message, ct));
        }
        // Once the call is over, its response is nobody's to write to.
        ct.ThrowIfCancellationRequested();
        var body = context.Response.BodyWriter;
        body.Write(item.Frame);
        written += item.Frame.Length;
        if (moreFollows && written < FlushBytes) return default;
        written = 0;
        var flush = body.FlushAsync(ct);
        return flush.IsCompletedSuccessfully ? default : WaitAsync(flush);
    }

    private static async ValueTask WaitAsync(ValueTask<FlushResult> flush) => await flush;

    public Task<bool> TryEndAsync(Failure why, CancellationToken ct) => Task.FromResult(false);
}

/// <summary>
/// HTTP: a line of JSON for each change or, for those who accept <c>text/event-stream</c>, a server-sent event. Once the stream has begun, what ends it is its last line or event,
/// since the status has been sent.
/// </summary>
internal sealed class HttpWatchSink(HttpContext context) : IWatchSink
{
    private const string EventStream = "text/event-stream";

    private readonly bool events = Accepts(context.Request);

    /// <summary>Where a browser goes on by itself after a cut: it says so in a header, and repeats the address it was given, so this counts more than <c>from</c>.</summary>
    public static string? LastEventId(HttpContext context) =>
        Accepts(context.Request) && context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : null;

    public async ValueTask WriteAsync(WatchItem item, bool moreFollows, CancellationToken ct)
    {
        await BeginAsync(ct);
        var body = context.Response.Body;
        if (events)
        {
            var name = item.IsHeartbeat ? "heartbeat" : WatchItem.NameOf(item.Message.Type);
            await body.WriteAsync(Encoding.ASCII.GetBytes($"id: {item.Message.Position}\nevent: {name}\ndata: "), ct);
        }
        await body.WriteAsync(item.Json, ct);
        await body.WriteAsync(events ? "\n\n"u8.ToArray() : "\n"u8.ToArray(), ct);
        if (!moreFollows) await body.FlushAsync(ct);
    }

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
        response.ContentType = events ? EventStream : "application/x-ndjson";
        response.Headers.CacheControl = "no-store";
        // Proxies that would gather a page first are asked not to.
        response.Headers["X-Accel-Buffering"] = "no";
        return response.StartAsync(ct);
    }

    private static bool Accepts(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals(EventStream, StringComparison.OrdinalIgnoreCase));
}
