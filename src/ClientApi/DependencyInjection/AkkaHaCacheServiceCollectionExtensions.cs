using AkkaHa.ClientApi;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

// Where users look for it.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the distributed cache.</summary>
public static class AkkaHaCacheServiceCollectionExtensions
{
    /// <summary>
    /// Registers an <see cref="IDistributedCache"/> over the client of <see cref="AkkaHaServiceCollectionExtensions.AddAkkaHa(IServiceCollection, string)"/>, which must be called too. The
    /// settings are checked when the host starts, or else when the cache is first asked for; an <see cref="OptionsValidationException"/> names the wrong one.
    /// </summary>
    public static IServiceCollection AddAkkaHaDistributedCache(this IServiceCollection services, Action<AkkaHaCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AkkaHaCacheOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AkkaHaCacheOptions>, AkkaHaCacheOptionsValidator>());
        services.AddSingleton<IDistributedCache, AkkaHaDistributedCache>();
        return services;
    }
}
