using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Bench;

/// <summary>Acquire and release: each client in turn through locks that nobody else wants, or all of them the same one.</summary>
sealed class LockWorkload(AkkaHaClient client, BenchOptions options, bool hot) : Workload(client, options)
{
    // All clients hold it before this one; each for no longer than two calls take.
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    readonly int[] turns = new int[options.Clients];
    readonly int locksOfEach = Math.Max(1, options.Spread / options.Clients);

    public override async Task RunAsync(int client, CancellationToken cancel)
    {
        var name = hot ? $"{Options.Prefix}hot" : $"{Options.Prefix}lock/{Text(client)}-{Text(turns[client]++ % locksOfEach)}";
        await using var held = await Client.Locks.AcquireAsync(name, Wait, cancel);
        await held.ReleaseAsync(cancel);
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
