using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Keys;

/// <summary>Puts lists and watches of keys into the node.</summary>
internal static class KeyRegistration
{
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton(s => new WatchHub(s.GetRequiredService<Database>().IsPostgres));
        services.AddSingleton<JournalTail>();
        services.AddHostedService(s => s.GetRequiredService<JournalTail>());
        services.AddSingleton<IKeyWatches, KeyWatches>();
        services.AddSingleton<KeyIndex>();
        services.AddSingleton<IKeyLists, KeyLists>();
        services.AddHostedService(s => new KeySweeper(
            s.GetRequiredService<Database>(), s.GetRequiredService<KeyIndex>(), s.GetRequiredService<IEntities>(),
            () => KeySweeper.IsLeader(s.GetRequiredService<NodeLifecycle>()), s.GetRequiredService<ILogger<KeySweeper>>()));
        return services;
    }
}
