using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Http;
using Grpc.Core;

namespace AkkaHa.Node.Api.Locks;

/// <summary>Where the events of one watch of locks go.</summary>
internal interface ILockEventSink
{
    Task WriteAsync(IReadOnlyList<LockEvent> events, CancellationToken ct);

    /// <summary>Tells why the stream ends. False: whoever called has to.</summary>
    Task<bool> TryEndAsync(Failure why, CancellationToken ct);
}

/// <summary>gRPC: a failure is the status at the stream's end.</summary>
internal sealed class GrpcLockEventSink(IServerStreamWriter<LockEvent> stream) : ILockEventSink
{
    public async Task WriteAsync(IReadOnlyList<LockEvent> events, CancellationToken ct)
    {
        foreach (var @event in events) await stream.WriteAsync(@event, ct);
    }

    public Task<bool> TryEndAsync(Failure why, CancellationToken ct) => Task.FromResult(false);
}

/// <summary>HTTP: lines of JSON, or server-sent events.</summary>
internal sealed class HttpLockEventSink(HttpContext context) : ILockEventSink
{
    private readonly HttpEventStream stream = new(context);

    public async Task WriteAsync(IReadOnlyList<LockEvent> events, CancellationToken ct)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var name = events[i].HasType ? NameOf(events[i].Type) : HttpEventStream.Heartbeat;
            await stream.WriteAsync(events[i].Position, name, Json(events[i]), flush: i == events.Count - 1, ct);
        }
    }

    public Task<bool> TryEndAsync(Failure why, CancellationToken ct) => stream.TryEndAsync(why, ct);

    private static byte[] Json(LockEvent e)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("position", e.Position);
            if (e.HasType)
            {
                writer.WriteString("type", NameOf(e.Type));
                writer.WriteString("name", e.Name);
                writer.WriteString("fence", e.Fence.ToString(CultureInfo.InvariantCulture));
                if (e.HasSessionId) writer.WriteString("sessionId", e.SessionId);
                if (e.HasHolderId) writer.WriteString("holderId", e.HolderId);
                if (e.HasMode) writer.WriteString("mode", NameOf(e.Mode));
                if (e.HasReason) writer.WriteString("reason", e.Reason);
            }
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    // The protos have them in lower case, as JSON shows them.
    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
