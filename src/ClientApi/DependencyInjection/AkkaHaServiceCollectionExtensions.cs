using AkkaHa.ClientApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

// Where users look for it.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client.</summary>
public static class AkkaHaServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="AkkaHaClient"/> for the whole application, with its logging and clock. The settings are checked when the host
    /// starts, or else when the client is first asked for; an <see cref="OptionsValidationException"/> names the wrong one. The client
    /// is disposed with the container, which must be disposed asynchronously, as hosts do.
    /// </summary>
    public static IServiceCollection AddAkkaHa(this IServiceCollection services, Action<AkkaHaClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<AkkaHaClientOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                options.LoggerFactory = provider.GetService<ILoggerFactory>() ?? options.LoggerFactory;
                options.TimeProvider = provider.GetService<TimeProvider>() ?? options.TimeProvider;
            })
            .Configure(configure)
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AkkaHaClientOptions>, AkkaHaClientOptionsValidator>());
        services.TryAddSingleton(provider => AkkaHaClient.Connect(provider.GetRequiredService<IOptions<AkkaHaClientOptions>>().Value));
        return services;
    }

    /// <summary>As <see cref="AddAkkaHa(IServiceCollection, Action{AkkaHaClientOptions})"/>, with these endpoints and defaults for the rest.</summary>
    /// <param name="services">The services.</param>
    /// <param name="endpoints">One or more gRPC addresses, separated by commas: <c>http://a:5081,http://b:5081</c>.</param>
    public static IServiceCollection AddAkkaHa(this IServiceCollection services, string endpoints) =>
        services.AddAkkaHa(options => options.Endpoints = endpoints);
}
