using System.Diagnostics;
using AkkaHa.ClientApi;
using AkkaHa.Messages;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>As many locks as one session may have: what keeps one keeps them all, and what ends it ends them all.</summary>
public sealed class ManyLocksTests(ITestOutputHelper output)
{
    private const int AtOnce = 64;
    private static readonly string[] Names = [.. Enumerable.Range(0, Limits.LocksPerSession).Select(i => $"many/{i}")];

    [LongFact]
    public async Task A_session_holds_ten_thousand_locks_by_one_keepalive_and_its_end_frees_them_all()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var other = cluster.Connect();
        var client = cluster.Connect(options =>
        {
            options.SessionTtl = TimeSpan.FromSeconds(10);
            return options;
        });
        var watch = Stopwatch.StartNew();
        var held = new System.Collections.Concurrent.ConcurrentBag<AcquiredLock>();
        await AllAsync(async name => held.Add(await client.Locks.AcquireAsync(name)));
        Say("taken by one session");
        var refused = await Assert.ThrowsAsync<LimitExceededException>(() => client.Locks.AcquireAsync("many/more"));
        Assert.Contains($"{Limits.LocksPerSession}", refused.Message, StringComparison.Ordinal);

        // Three times its time to live, through one keepalive alone.
        await Task.Delay(TimeSpan.FromSeconds(30));
        Assert.All(held, h => Assert.False(h.LostToken.IsCancellationRequested));
        await AllAsync(async name => Assert.Null(await other.Locks.TryAcquireAsync(name)));
        Say("found held by another client");

        await client.DisposeAsync();
        Say("given back by the end of their session, as the client saw it");
        var fences = new System.Collections.Concurrent.ConcurrentBag<long>();
        await AllAsync(async name =>
        {
            await using var next = await other.Locks.AcquireAsync(name);
            fences.Add(next.Fence.Value);
        });
        Say("taken and given back one by one by another");
        Assert.All(fences, f => Assert.Equal(2, f));

        void Say(string what)
        {
            output.WriteLine($"{Names.Length} locks {what} in {watch.Elapsed.TotalSeconds:0.0} s");
            watch.Restart();
        }
    }

    private static Task AllAsync(Func<string, Task> run) => Parallel.ForEachAsync(Names, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (name, _) => await run(name));
}
