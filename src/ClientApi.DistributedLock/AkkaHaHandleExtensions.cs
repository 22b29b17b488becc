using AkkaHa.ClientApi.DistributedLock;
using Medallion.Threading;

namespace AkkaHa.ClientApi;

/// <summary>What AkkaHa's handles can do beyond those of others.</summary>
public static class AkkaHaHandleExtensions
{
    /// <summary>The number of the grant, for whatever the lock protects: see <see cref="Fence"/>. After an upgrade it is another.</summary>
    /// <exception cref="ArgumentException">Not a handle of AkkaHa.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public static Fence GetFence(this IDistributedSynchronizationHandle handle) => Of(handle).Fence;

    /// <summary>The lock as a guard: for keys and transactions of AkkaHa that are to be written only while it is held.</summary>
    /// <exception cref="ArgumentException">Not a handle of AkkaHa.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public static Guard GetGuard(this IDistributedSynchronizationHandle handle) => Of(handle);

    private static AcquiredLock Of(IDistributedSynchronizationHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return handle is LockHandle ours ? ours.Held : throw new ArgumentException($"{handle.GetType()} is no handle of AkkaHa.", nameof(handle));
    }
}
