using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Management;

/// <summary><c>GET /cluster/domain-events</c>: what the cluster is, as events, and then what happens to it, until the reader goes.</summary>
internal static class EventStreams
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(10);
    private static int open;

    public static async Task ServeAsync(HttpContext context)
    {
        var types = DomainEvents.TypesOf([.. context.Request.Query["type"].Select(t => t ?? "")], out var unknown)
            ?? throw new RefusedException(Refusals.Invalid("type", $"'{Refusals.Quote(unknown!)}' is none; there are: {string.Join(", ", DomainEvents.Names)}"));
        if (Interlocked.Increment(ref open) > Limits.ManagementStreamsPerNode)
        {
            Interlocked.Decrement(ref open);
            throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"{Limits.ManagementStreamsPerNode} streams of events are open at this node already"));
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        try
        {
            await SendAsync(context, types, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The reader has gone, or this process goes.
        }
        finally
        {
            await over.CancelAsync();
            Interlocked.Decrement(ref open);
        }
    }

    private static async Task SendAsync(HttpContext context, IReadOnlyList<Type> types, CancellationToken over)
    {
        var events = context.RequestServices.GetRequiredService<IClusterMonitor>().Events(types, over);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await context.Response.Body.FlushAsync(over);
        while (true)
        {
            using var heartbeat = CancellationTokenSource.CreateLinkedTokenSource(over);
            heartbeat.CancelAfter(HeartbeatEvery);
            try
            {
                if (!await events.WaitToReadAsync(heartbeat.Token)) return;
                while (events.TryRead(out var text)) await context.Response.WriteAsync(text, over);
            }
            catch (OperationCanceledException) when (!over.IsCancellationRequested)
            {
                await context.Response.WriteAsync(":\n\n", over);
            }
            await context.Response.Body.FlushAsync(over);
        }
    }
}
