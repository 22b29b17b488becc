using System.Buffers;
using System.IO.Pipelines;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Watches;
using Grpc.Core;

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

/// <summary>HTTP: lines of JSON, or server-sent events.</summary>
internal sealed class HttpWatchSink(HttpContext context) : IWatchSink
{
    private readonly HttpEventStream stream = new(context);

    public ValueTask WriteAsync(WatchItem item, bool moreFollows, CancellationToken ct) => stream.WriteAsync(
        item.Message.Position, item.IsHeartbeat ? HttpEventStream.Heartbeat : WatchItem.NameOf(item.Message.Type), item.Json, flush: !moreFollows, ct);

    public Task<bool> TryEndAsync(Failure why, CancellationToken ct) => stream.TryEndAsync(why, ct);
}
