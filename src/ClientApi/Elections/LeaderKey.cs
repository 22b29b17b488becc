using AkkaHa.ClientApi.Connection;
using Microsoft.Extensions.Logging;

namespace AkkaHa.ClientApi.Elections;

/// <summary>The key of one election, as one leadership writes it, and takes it away again.</summary>
internal sealed class LeaderKey(string name, AcquiredLock held, KeyClient keys, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Revision? _shown;
    private volatile bool _isInDoubt;

    /// <summary>A value was sent, and what became of it is not known: it may come while the lock is still held, never after that.</summary>
    public bool IsInDoubt => _isInDoubt;

    /// <summary>Only under the lock.</summary>
    public async Task PutAsync(ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        Revision shown;
        try
        {
            shown = await keys.PutAsync(name, Leader.Encode(held.Fence, value.Span), new PutOptions { Guard = held, Session = held.SessionId }, cancel);
        }
        catch (Exception e) when (e is not AkkaHaException or OutcomeUnknownException)
        {
            _isInDoubt = true;
            throw;
        }
        lock (_gate)
        {
            if (_shown is not { } before || before.CompareTo(shown) < 0) _shown = shown;
        }
    }

    /// <summary>Only under the lock.</summary>
    public Task DeleteAsync(CancellationToken cancel) => keys.DeleteAsync(name, guard: held, cancellationToken: cancel);

    /// <summary>
    /// Takes away what this leadership has shown, whether it still leads or not, and nobody else's: the revision says whose it is. The session may live on for long, so it is tried until it is done. Never throws.
    /// </summary>
    public async Task ClearAsync()
    {
        for (var backoff = new Backoff(FirstPause, LongestPause); ; await Task.Delay(backoff.Next(), time))
        {
            try
            {
                await ClearOnceAsync();
                return;
            }
            catch (Exception e) when (e is UnavailableException or OutcomeUnknownException or TransactionConflictException or TransactionAbortedException)
            {
                logger.LogWarning(e, "What the leader showed in key {Key} could not be taken away yet; trying on", name);
            }
            catch (ObjectDisposedException)
            {
                // The client closes its session, and the key goes with that.
                return;
            }
            catch (Exception e)
            {
                logger.LogError(e, "What the leader showed in key {Key} could not be taken away; it stays until the session ends or the next leads", name);
                return;
            }
        }
    }

    private async Task ClearOnceAsync()
    {
        Revision? own;
        lock (_gate) own = _shown;
        while (true)
        {
            try
            {
                if (own is { } revision)
                {
                    await keys.DeleteAsync(name, ifRevision: revision);
                    return;
                }
            }
            catch (RevisionMismatchException)
            {
                // Another's; or this one's, of a put whose answer was lost.
            }
            if (await keys.GetAsync(name) is not { } entry || Leader.From(name, entry.Value, entry.Revision).Fence != held.Fence) return;
            own = entry.Revision;
        }
    }
}
