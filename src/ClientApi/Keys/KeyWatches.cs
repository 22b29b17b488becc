using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Connection;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Keys;

/// <summary>Begins watches.</summary>
internal sealed class KeyWatches(EndpointPool endpoints, OwnerRing ring, AkkaHaClientOptions client, CancellationToken closing)
{
    public async IAsyncEnumerable<KeyEvent> RunAsync(Wire.WatchRequest request, WatchOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        using var watch = new KeyWatch(endpoints, ring, client, request, options, stop.Token);
        while (true)
            yield return await OrDisposedAsync(watch.NextEventAsync(), stop, cancel);
    }

    /// <summary>Where the cluster is now: the first that a fresh watch is told.</summary>
    public async Task<WatchPosition> PositionAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        using var watch = new KeyWatch(endpoints, ring, client, new Wire.WatchRequest { Key = "-" }, new WatchOptions { GiveUpAfter = client.GiveUpAfter }, stop.Token);
        return new WatchPosition((await OrDisposedAsync(watch.NextMessageAsync(), stop, cancel)).Position);
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
