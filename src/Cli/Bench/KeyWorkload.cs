using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Bench;

/// <summary>Writes, or linearizable reads, of random keys.</summary>
sealed class KeyWorkload(AkkaHaClient client, BenchOptions options, bool read) : Workload(client, options)
{
    readonly byte[] value = new byte[options.ValueBytes];

    public override Task PrepareAsync(CancellationToken cancel) =>
        ForAllAsync(Enumerable.Range(0, Options.Spread), i => Client.Keys.PutAsync(Key(i), value, cancellationToken: cancel), cancel);

    public override Task RunAsync(int client, CancellationToken cancel)
    {
        var key = Key(Random.Shared.Next(Options.Spread));
        return read ? Client.Keys.GetAsync(key, cancel) : Client.Keys.PutAsync(key, value, cancellationToken: cancel);
    }

    public override Task CleanUpAsync(CancellationToken cancel) => DeleteKeysAsync(cancel);

    string Key(int number) => $"{Options.Prefix}key/{number.ToString(CultureInfo.InvariantCulture)}";
}
