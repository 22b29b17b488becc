using System.Diagnostics;
using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cluster.Tests.Watches;

/// <summary>A put that was acknowledged.</summary>
/// <param name="Prefix">The number of its prefix.</param>
/// <param name="Key">The number of its key below that.</param>
/// <param name="Revision">As acknowledged.</param>
/// <param name="SentAt">When it was called.</param>
/// <param name="KnownAt">When it was acknowledged.</param>
internal readonly record struct AcknowledgedPut(int Prefix, int Key, long Revision, long SentAt, long KnownAt);

/// <summary>Puts at an even rate, each below one of the prefixes in turn. Its value is when it was called.</summary>
internal static class WatchedPuts
{
    private const int KeysPerPrefix = 10;

    public static string Prefix(int number) => $"tenant-{number:00}/";

    public static async Task<IReadOnlyList<AcknowledgedPut>> RunAsync(AkkaHaClient client, TimeSpan time, int rate, int prefixes)
    {
        var since = Stopwatch.StartNew();
        var puts = new List<Task<AcknowledgedPut>>();
        for (var i = 0; since.Elapsed < time; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate) - since.Elapsed;
            if (due > TimeSpan.FromMilliseconds(1)) await Task.Delay(due);
            puts.Add(PutAsync(client, i % prefixes, i / prefixes % KeysPerPrefix));
        }
        return await Task.WhenAll(puts);
    }

    private static async Task<AcknowledgedPut> PutAsync(AkkaHaClient client, int prefix, int key)
    {
        var sentAt = Stopwatch.GetTimestamp();
        var revision = await client.Keys.PutAsync(string.Create(CultureInfo.InvariantCulture, $"{Prefix(prefix)}{key}"), sentAt.ToString(CultureInfo.InvariantCulture));
        return new AcknowledgedPut(prefix, key, revision.Value, sentAt, Stopwatch.GetTimestamp());
    }
}
