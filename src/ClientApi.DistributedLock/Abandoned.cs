using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>
/// Locks whose handles were collected without having been disposed. They are released; and whoever asks this client for the same lock next waits for that first, so that a lock is free to it once its lost handle is collected.
/// </summary>
internal sealed class Abandoned
{
    private static readonly ConditionalWeakTable<AkkaHaClient, Abandoned> s_ofClients = [];

    private readonly ConcurrentDictionary<AcquiredLock, Task> _releases = new();

    public static Abandoned Of(AkkaHaClient client) => s_ofClients.GetValue(client, _ => new Abandoned());

    /// <summary>Called by finalizers: returns at once and never throws.</summary>
    public void Release(AcquiredLock held)
    {
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _releases[held] = ReleaseAsync();
        begin.SetResult();

        async Task ReleaseAsync()
        {
            await begin.Task.ConfigureAwait(false);
            await held.DisposeAsync().ConfigureAwait(false);
            _releases.TryRemove(held, out _);
        }
    }

    /// <summary>Waits for the releases of this lock that have begun: a second at most, since disposing waits no longer.</summary>
    public Task WaitAsync(string name) => _releases.IsEmpty ? Task.CompletedTask : Task.WhenAll(_releases.Where(r => r.Key.Name == name).Select(r => r.Value));
}
