using System.Diagnostics;
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
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, "--AkkaHa:Overload:Shed=true", "--AkkaHa:Overload:TargetMs=5");
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
    }
}
