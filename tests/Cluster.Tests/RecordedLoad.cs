using System.Globalization;
using AkkaHa.ClientApi;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Totals;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>All that a <see cref="RecordingClient"/> does, at once, while something befalls the cluster; and at the end the verdict.</summary>
internal sealed class RecordedLoad : IDisposable
{
    private readonly AkkaHaClient client;
    private readonly CancellationTokenSource stop = new();
    private readonly Task[] load;

    private RecordedLoad(AkkaHaClient client, RecordingClient recording, int registers, int others)
    {
        this.client = client;
        Recording = recording;
        load =
        [
            .. Enumerable.Range(1, registers).Select(seed => recording.RegistersAsync(seed, stop.Token)),
            .. Enumerable.Range(11, others).Select(seed => recording.ListsAsync(seed, stop.Token)),
            .. Enumerable.Range(21, others).Select(seed => recording.TransfersAsync(seed, stop.Token)),
            .. Enumerable.Range(31, others).Select(_ => recording.IncrementsAsync(stop.Token)),
        ];
    }

    public RecordingClient Recording { get; }

    /// <param name="client">What all of them work through.</param>
    /// <param name="registers">So many on registers.</param>
    /// <param name="others">And of each other kind.</param>
    public static async Task<RecordedLoad> BeginAsync(AkkaHaClient client, int registers = 4, int others = 3)
    {
        var recording = new RecordingClient(client);
        await recording.OpenAccountsAsync();
        return new RecordedLoad(client, recording, registers, others);
    }

    public async Task EndAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(ClusterUnderTest.Patience);
    }

    /// <summary>Fails with all that is wrong. The answer: what there was to judge.</summary>
    public async Task<string> JudgeAsync()
    {
        var last = await Recording.BalanceAsync("the end");
        var count = Recording.Counter(long.Parse(await client.Keys.GetStringAsync("count") ?? "0", CultureInfo.InvariantCulture));
        Violation[] violations =
        [
            .. LinearizabilityJudge.Judge(Recording.Calls),
            .. SerializabilityJudge.Judge([.. Recording.Lists]),
            .. TotalJudge.Money(RecordingClient.Accounts * RecordingClient.Start, [.. Recording.Balances, last]),
            .. TotalJudge.Counters([count]),
            .. LockJudge.Judge(Recording.Grants, Recording.Guarded.OrderBy(g => g.Written, StringComparer.Ordinal)),
        ];
        Assert.True(violations.Length == 0, string.Join(Environment.NewLine, violations.Select(v => v.ToString())));
        return $"{Recording.Calls.Count} key calls ({Recording.Calls.Count(c => c.End == KeyEnd.Unknown)} unknown), {Recording.Lists.Count} list transactions "
            + $"({Recording.Lists.Count(l => l.End == ListEnd.Unknown)} unknown), {Recording.Balances.Count} balances, {count}, {Recording.Grants.Count} grants";
    }

    public void Dispose() => stop.Dispose();
}
