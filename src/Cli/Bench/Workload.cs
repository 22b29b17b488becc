using AkkaHa.ClientApi;
using AkkaHa.Messages.Errors;

namespace AkkaHa.Cli.Bench;

/// <summary>What <c>akkaha bench</c> can be told to do, all of it below one prefix of names.</summary>
abstract class Workload(AkkaHaClient client, BenchOptions options)
{
    // So many at once when things are made ready and cleaned up.
    const int AtOnce = 32;

    public static readonly string[] Names = ["put", "get", "lock", "hot-lock", "transfer", "keepalive"];

    protected AkkaHaClient Client => client;

    protected BenchOptions Options => options;

    public static Workload Of(string name, AkkaHaClient client, BenchOptions options) => name switch
    {
        "put" => new KeyWorkload(client, options, read: false),
        "get" => new KeyWorkload(client, options, read: true),
        "lock" => new LockWorkload(client, options, hot: false),
        "hot-lock" => new LockWorkload(client, options, hot: true),
        "transfer" => new TransferWorkload(client, options),
        "keepalive" => new KeepAliveWorkload(client, options),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "is no workload"),
    };

    /// <summary>One operation of one of the clients.</summary>
    public abstract Task RunAsync(int client, CancellationToken cancel);

    /// <summary>Makes what the operations need.</summary>
    public virtual Task PrepareAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Looks at the end whether all is as it must be: what is wrong, or null.</summary>
    public virtual Task<string?> CheckAsync(CancellationToken cancel) => Task.FromResult<string?>(null);

    /// <summary>Takes away what it has made.</summary>
    public virtual Task CleanUpAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The service's answers by their codes; anything else is a bug, and ends the run.</summary>
    public static string? CodeOf(Exception e) => e is AkkaHaException answer ? ErrorTable.Of(answer.Code).Name : null;

    protected static Task ForAllAsync<T>(IEnumerable<T> items, Func<T, Task> action, CancellationToken cancel) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (item, _) => await action(item));

    protected async Task DeleteKeysAsync(CancellationToken cancel)
    {
        var names = new List<string>();
        await foreach (var entry in client.Keys.ListAsync(options.Prefix, new ListOptions { KeysOnly = true, PageSize = 1000 }, cancel)) names.Add(entry.Key);
        await ForAllAsync(names, name => client.Keys.DeleteAsync(name, cancellationToken: cancel), cancel);
    }
}
