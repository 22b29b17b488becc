using AkkaHa.ClientApi.Connection;

namespace AkkaHa.ClientApi.Coordination;

/// <summary>Waits until a key is as wanted.</summary>
internal static class KeyWait
{
    /// <summary>True: it was so, at some moment since the position. False: not within the time.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The key.</param>
    /// <param name="from">Where to begin; every later change is looked at.</param>
    /// <param name="isAsWanted">Of the key's value; null when there is none.</param>
    /// <param name="until">How long.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<bool> UntilAsync(AkkaHaClient client, string key, WatchPosition from, Func<ReadOnlyMemory<byte>?, bool> isAsWanted, Deadline until, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(until.Left < TimeSpan.FromDays(40) ? until.Left : Timeout.InfiniteTimeSpan, client.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            while (true)
            {
                var entry = await client.Keys.GetAsync(key, stop.Token);
                if (isAsWanted(entry?.Value)) return true;
                try
                {
                    await foreach (var change in client.Keys.WatchKeyAsync(key, from, cancellationToken: stop.Token))
                        if (isAsWanted(change.Value)) return true;
                }
                catch (CompactedException)
                {
                    // The cluster has forgotten what came next; what it is now counts.
                    from = await client.Keys.GetPositionAsync(stop.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && late.IsCancellationRequested)
        {
            return false;
        }
    }
}
