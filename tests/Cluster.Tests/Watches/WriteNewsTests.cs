using System.Diagnostics;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Watches;

public sealed class WriteNewsTests(ITestOutputHelper output)
{
    private const int Puts = 31;
    private const int LookEveryMs = 1000;

    /// <summary>Changes of all nodes through one of them, that looks into the journal once a second by itself: then half of them would be later than half a second.</summary>
    [LongFact]
    public async Task Who_watches_hears_of_what_other_nodes_wrote_long_before_the_next_look()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3, $"--AkkaHa:Watch:PollMs={LookEveryMs}");
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var client = cluster.Connect();
        using var channel = GrpcChannel.ForAddress(cluster.Nodes[0].GrpcUrl);
        using var patience = new CancellationTokenSource(ClusterUnderTest.Patience);
        using var call = new Keys.KeysClient(channel).Watch(new WatchRequest { Prefix = "n/" }, cancellationToken: patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        // The others are asked once a second.
        await Task.Delay(TimeSpan.FromSeconds(3));

        var late = new List<double>();
        for (var i = 0; i < Puts; i++)
        {
            await client.Keys.PutAsync($"n/{i}", "x");
            var since = Stopwatch.StartNew();
            do Assert.True(await call.ResponseStream.MoveNext(patience.Token));
            while (!call.ResponseStream.Current.HasKey);
            late.Add(since.Elapsed.TotalMilliseconds);
            // Not in step with its looks.
            await Task.Delay(37);
        }

        late.Sort();
        output.WriteLine($"median {late[Puts / 2]:0.0} ms, most {late[^1]:0.0} ms");
        Assert.InRange(late[Puts / 2], 0, LookEveryMs / 4.0);
    }
}
