using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>
/// Locks on their way back: their handles were disposed, or collected without that. Whoever asks this client for the same lock next waits for that first, so that a lock is free to it once its handle is gone, however slow the cluster is.
/// </summary>
internal sealed class HandleReturns
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly ConditionalWeakTable<AkkaHaClient, HandleReturns> s_ofClients = [];

    private readonly ConcurrentDictionary<AcquiredLock, Task> _releases = new();

    public static HandleReturns Of(AkkaHaClient client) => s_ofClients.GetValue(client, _ => new HandleReturns());

    /// <summary>Gives a lock back: waits a second at most, and never throws. After that it goes on beside the caller.</summary>
    public async Task ReleaseAsync(AcquiredLock held) => await Begin(held).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Called by finalizers, too: returns at once and never throws.</summary>
    public Task Begin(AcquiredLock held)
    {
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var whole = _releases[held] = ReleaseWhollyAsync();
        begin.SetResult();
        return whole;

        async Task ReleaseWhollyAsync()
        {
            await begin.Task.ConfigureAwait(false);
            try
            {
                await held.ReleaseAsync(held.LostToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is AkkaHaException or ObjectDisposedException or OperationCanceledException)
            {
                // It is not held any more; or nobody answers for so long that it is left to the client to give it back some time.
            }
            finally
            {
                await held.DisposeAsync().ConfigureAwait(false);
                _releases.TryRemove(held, out _);
            }
        }
    }

    /// <summary>Waits for the releases of this lock that have begun: no longer than any call is tried for.</summary>
    public Task WaitAsync(string name, CancellationToken cancel) =>
        _releases.IsEmpty ? Task.CompletedTask : Task.WhenAll(_releases.Where(r => r.Key.Name == name).Select(r => r.Value)).WaitAsync(cancel);
}
