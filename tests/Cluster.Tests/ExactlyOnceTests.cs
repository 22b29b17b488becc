using System.Collections.Concurrent;
using AkkaHa.Cli.Local;
using AkkaHa.ClientApi;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests;

/// <summary>One response in ten is lost on the way back. Each retried effect must happen exactly once, which the numbers show that grow by one each time.</summary>
public sealed class ExactlyOnceTests(ITestOutputHelper output)
{
    private const int Writers = 6;
    private const int Each = 40;

    [Fact]
    public async Task With_a_tenth_of_the_responses_lost_every_effect_happens_exactly_once() => Assert.Empty(await WrongAsync());

    [LongFact]
    public async Task Without_remembered_outcomes_some_happen_twice() => Assert.NotEmpty(await WrongAsync("--AkkaHa:Testing:Break=RememberOutcomes"));

    /// <summary>The numbers that are not what they should be.</summary>
    private async Task<IReadOnlyList<string>> WrongAsync(params string[] settings)
    {
        var wrong = new ConcurrentQueue<string>();
        void Equal(string what, object expected, object? found)
        {
            if (!expected.Equals(found)) wrong.Enqueue($"{what}: {found} and not {expected}");
        }
        var proxyPorts = LocalCluster.FreePorts(40).Reverse().Take(3).ToArray();
        var byNode = new Dictionary<NodePorts, int>();
        await using var cluster = ClusterUnderTest.Create(3, node =>
        {
            byNode[node] = proxyPorts[byNode.Count];
            return [$"--AkkaHa:Grpc:AdvertisedUrl=http://127.0.0.1:{byNode[node]}", .. settings];
        });
        var proxies = new List<LossyProxy>();
        try
        {
            foreach (var (node, port) in byNode) proxies.Add(await LossyProxy.StartAsync(port, node, loss: 0.1, seed: port));
            await cluster.Local.StartAsync(ClusterUnderTest.Patience);
            await cluster.WaitSettledAsync([.. cluster.Nodes]);
            await using var client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = string.Join(',', proxies.Select(p => p.Url)), GiveUpAfter = TimeSpan.FromSeconds(50) });

            await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => WriteAsync(client, w, Equal)));

            // The sum was added to by all of them at once; each key had one writer; each lock one user.
            Equal("sum", $"{Writers * Each}", await client.Keys.GetStringAsync("sum"));
            for (var w = 0; w < Writers; w++)
            {
                Equal($"revision of own/{w}", (long)Each, (await client.Keys.GetAsync($"own/{w}"))!.Revision.Value);
                Equal($"fence of own/{w}", (long)Each, (await client.Locks.GetAsync($"own/{w}")).LastFence.Value);
                Equal($"log/{w}", string.Concat(Enumerable.Range(0, Each).Select(i => $"{i},")), await client.Keys.GetStringAsync($"log/{w}"));
            }
            var lost = proxies.Sum(p => p.Counts.Lost);
            output.WriteLine($"{lost} responses lost, {proxies.Sum(p => p.Counts.Passed)} passed on");
            Assert.True(lost > 50, $"only {lost} responses were lost");
            return [.. wrong];
        }
        finally
        {
            foreach (var proxy in proxies) await proxy.DisposeAsync();
        }
    }

    private static async Task WriteAsync(AkkaHaClient client, int writer, Action<string, object, object?> equal)
    {
        for (var i = 0; i < Each; i++)
        {
            equal($"put {i} of own/{writer}", i + 1L, (await client.Keys.PutAsync($"own/{writer}", $"{i}")).Value);
            var element = $"{i},";
            await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add("sum", 1).Append($"log/{writer}", element)));
            await using var held = await client.Locks.AcquireAsync($"own/{writer}", TimeSpan.FromSeconds(40));
            equal($"grant {i} of own/{writer}", i + 1L, held.Fence.Value);
        }
    }
}
