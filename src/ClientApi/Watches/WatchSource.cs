using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Connection;

namespace AkkaHa.ClientApi.Watches;

/// <summary>Begins watches.</summary>
internal sealed class WatchSource(EndpointPool endpoints, OwnerRing ring, AkkaHaClientOptions client, CancellationToken closing)
{
    /// <summary>The events of a watch; what <paramref name="read"/> makes nothing of is a heartbeat.</summary>
    public async IAsyncEnumerable<TEvent> RunAsync<TMessage, TEvent>(
        WatchCall<TMessage> call, WatchPosition? from, Func<TMessage, TEvent?> read, WatchOptions options, [EnumeratorCancellation] CancellationToken cancel)
        where TMessage : class
        where TEvent : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        using var watch = new Watch<TMessage>(endpoints, ring, client, call, from, options, stop.Token);
        while (true)
        {
            var message = await OrDisposedAsync(watch.NextAsync(), stop, cancel);
            if (read(message) is { } found) yield return found;
            else options.Progress?.Invoke(new WatchPosition(call.PositionOf(message)));
        }
    }

    /// <summary>Where the cluster is now: the first that a fresh watch is told.</summary>
    public async Task<WatchPosition> PositionAsync<TMessage>(WatchCall<TMessage> call, CancellationToken cancel)
        where TMessage : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        using var watch = new Watch<TMessage>(endpoints, ring, client, call, null, new WatchOptions { GiveUpAfter = client.GiveUpAfter }, stop.Token);
        return new WatchPosition(call.PositionOf(await OrDisposedAsync(watch.NextAsync(), stop, cancel)));
    }

    private static async Task<T> OrDisposedAsync<T>(Task<T> next, CancellationTokenSource stop, CancellationToken cancel)
    {
        try
        {
            return await next;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && stop.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(typeof(AkkaHaClient).FullName, "watch: the client was disposed meanwhile.");
        }
    }
}
