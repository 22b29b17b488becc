using System.Diagnostics;
using AkkaHa.Cluster.Tests.Telemetry;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>A node that is asked far more than it can do. Its target is the lowest, so that no machine is quick enough.</summary>
public sealed class OverloadTests
{
    private const int Callers = 400;
    private static readonly TimeSpan Flood = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_flood_is_refused_in_part_and_keepalives_are_answered_and_afterwards_all_is_taken()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, "--AkkaHa:Overload:TargetMs=5");
        using var channel = GrpcChannel.ForAddress(cluster.Nodes[0].GrpcUrl);
        var keys = new Keys.KeysClient(channel);
        var sessions = new Sessions.SessionsClient(channel);
        var session = (await sessions.CreateAsync(new CreateSessionRequest { TtlSeconds = 60 })).SessionId;
        var (done, refused, kept) = (0, 0, 0);

        var since = Stopwatch.StartNew();
        async Task AskAsync(int caller)
        {
            for (var i = 0; since.Elapsed < Flood; i++)
            {
                try
                {
                    await keys.PutAsync(new PutKeyRequest { Key = $"flood/{caller}/{i % 10}", Value = ByteString.CopyFrom(new byte[2_000]) });
                    Interlocked.Increment(ref done);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    Interlocked.Increment(ref refused);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
                {
                    // Taken, and a slow machine did not come to it in time: neither.
                }
            }
        }
        async Task KeepAsync()
        {
            for (; since.Elapsed < Flood; kept++) await sessions.KeepAliveAsync(new KeepAliveRequest { SessionId = session });
        }
        await Task.WhenAll([.. Enumerable.Range(0, Callers).Select(AskAsync), KeepAsync()]);

        Assert.True(done > 0 && refused > 0 && kept > 0, $"{done} done, {refused} refused, {kept} kept alive");
        // What was refused and what was done are told apart in what a node counts.
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri($"{cluster.Nodes[0].HttpUrl}/metrics"));
        Assert.Matches("""(?m)^akkaha_calls_shed_total\{[^}]*method="Keys/Put"[^}]*\} [1-9]""", metrics);
        // Nobody waits any more: whoever comes now is taken, one after the other.
        for (var i = 0; i < 20; i++) await keys.PutAsync(new PutKeyRequest { Key = $"after/{i}" });
        await sessions.KeepAliveAsync(new KeepAliveRequest { SessionId = session });
        await NothingWaitsAsync(cluster);
    }

    /// <summary>More than would be little to do: but these have had their turn. That not one of them counts is shown by <c>QueuedTests</c>; here the target is far above what a slow machine makes calls wait.</summary>
    [Fact]
    public async Task Who_waits_for_a_lock_is_no_load()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, "--AkkaHa:Overload:TargetMs=2000");
        using var channel = GrpcChannel.ForAddress(cluster.Nodes[0].GrpcUrl, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } });
        var (locks, keys) = (new Messages.V1.Locks.LocksClient(channel), new Keys.KeysClient(channel));
        var session = (await new Sessions.SessionsClient(channel).CreateAsync(new CreateSessionRequest { TtlSeconds = 60 })).SessionId;
        async Task<LockGrant> AcquireAsync(string name) => await locks.AcquireAsync(new AcquireLockRequest { Name = name, SessionId = session, HolderId = $"{Guid.NewGuid()}", RequestId = $"{Guid.CreateVersion7()}", Attempt = 1, WaitSeconds = 60 });
        // Many, so that none of those who wait comes while his lock writes for another: that would not be counted either.
        string[] names = [.. Enumerable.Range(0, 60).Select(i => $"hot/{i}")];
        var held = (await Task.WhenAll(names.Select(AcquireAsync)))[0];
        await keys.PutAsync(new PutKeyRequest { Key = "before" });

        var waiting = new List<Task<LockGrant>>();
        for (var i = 0; i < 10; i++)
        {
            waiting.AddRange(names.Select(AcquireAsync));
            await Task.Delay(100);
            await keys.PutAsync(new PutKeyRequest { Key = $"beside/{i}" });
        }
        Assert.All(waiting, one => Assert.False(one.IsCompleted, one.Exception?.Message));
        await NothingWaitsAsync(cluster);
        await locks.ReleaseAsync(new ReleaseLockRequest { Name = held.Name, SessionId = session, Fence = held.Fence, RequestId = $"{Guid.CreateVersion7()}", Attempt = 1 });
        var next = await await Task.WhenAny(waiting).WaitAsync(ClusterUnderTest.Patience);
        Assert.True(next.Fence > held.Fence);
    }

    /// <summary>As the node counts it: for their entities' turn, and for the journal.</summary>
    private static Task NothingWaitsAsync(ClusterUnderTest cluster) => ClusterUnderTest.EventuallyAsync(async () =>
    {
        var told = NodeMetrics.Samples(await NodeMetrics.TextAsync(cluster.Nodes[0]));
        return told["akkaha_overload_waiting for=entity"] == 0 && told["akkaha_overload_waiting for=journal"] == 0;
    }, "something waits still");
}
