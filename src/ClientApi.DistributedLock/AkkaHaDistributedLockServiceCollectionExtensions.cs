using AkkaHa.ClientApi;
using Medallion.Threading;
using Microsoft.Extensions.DependencyInjection.Extensions;

// Where users look for it.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the providers of DistributedLock.Core.</summary>
public static class AkkaHaDistributedLockServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="AkkaHaDistributedSynchronizationProvider"/> as the provider of locks, reader-writer locks (upgradeable too) and semaphores, over the client of
    /// <see cref="AkkaHaServiceCollectionExtensions.AddAkkaHa(IServiceCollection, string)"/>, which must be called too.
    /// </summary>
    public static IServiceCollection AddAkkaHaDistributedLocks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<AkkaHaDistributedSynchronizationProvider>();
        services.AddSingleton<IDistributedLockProvider>(provider => provider.GetRequiredService<AkkaHaDistributedSynchronizationProvider>());
        services.AddSingleton<IDistributedReaderWriterLockProvider>(provider => provider.GetRequiredService<AkkaHaDistributedSynchronizationProvider>());
        services.AddSingleton<IDistributedUpgradeableReaderWriterLockProvider>(provider => provider.GetRequiredService<AkkaHaDistributedSynchronizationProvider>());
        services.AddSingleton<IDistributedSemaphoreProvider>(provider => provider.GetRequiredService<AkkaHaDistributedSynchronizationProvider>());
        return services;
    }
}
