using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Watches;

namespace AkkaHa.Node.Lists;

/// <summary>Puts lists and watches of keys and locks into the node.</summary>
internal static class ListRegistration
{
    public static IServiceCollection AddListsAndWatches(this IServiceCollection services)
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
        services.AddSingleton<ILockWatches, LockWatches>();
        services.AddSingleton<LockIndex>();
        services.AddSingleton<ILockLists, LockLists>();
        services.AddHostedService(s => new LockIndexKeeper(
            s.GetRequiredService<LockIndex>(), () => KeySweeper.IsLeader(s.GetRequiredService<NodeLifecycle>()), s.GetRequiredService<ILogger<LockIndexKeeper>>()));
        services.AddHostedService(s => new LockWaker(
            s.GetRequiredService<LockIndex>(), s.GetRequiredService<IEntities>(), () => s.GetRequiredService<NodeLifecycle>().Running?.Parts, s.GetRequiredService<ILogger<LockWaker>>()));
        return services;
    }
}
