using System.Net.Sockets;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Load;

/// <summary>
/// etcd by its own service definitions, as generated in dotnet-etcd. Connections and repeats are ours, with the same patience as AkkaHa's client has (3 s an attempt,
/// 30 s in all, 300 ms to connect, pauses from 20 to 500 ms), so that what is compared is the servers. Calls go to all members in turn, round those that failed of late.
/// </summary>
public sealed class EtcdKeys : IKeyTarget
{
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(1);

    private readonly Member[] members;
    private uint turn;

    /// <summary>A client of these members.</summary>
    /// <param name="endpoints">Addresses, separated by commas.</param>
    public EtcdKeys(string endpoints) => members = [.. endpoints.Split(',').Select(e => new Member(e))];

    /// <inheritdoc />
    public string Name => "etcd";

    /// <inheritdoc />
    public Task PutAsync(string key, CancellationToken ct)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = Value };
        return RepeatAsync((client, options) => client.PutAsync(request, options).ResponseAsync, ct);
    }

    /// <inheritdoc />
    public Task GetAsync(string key, CancellationToken ct)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key) };
        return RepeatAsync((client, options) => client.RangeAsync(request, options).ResponseAsync, ct);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        foreach (var member in members) member.Channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RepeatAsync(Func<KV.KVClient, CallOptions, Task> call, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        Member? last = null;
        for (var pause = 20; ; pause = Math.Min(2 * pause, 500))
        {
            var member = Choose(last);
            try
            {
                await call(member.Client, new CallOptions(deadline: DateTime.UtcNow + AttemptTimeout, cancellationToken: ct));
                return;
            }
            catch (RpcException e) when (!ct.IsCancellationRequested && TimeProvider.System.GetElapsedTime(startedAt) < GiveUpAfter)
            {
                var first = last is null;
                if (e.Status.DebugException is not null || e.StatusCode == StatusCode.DeadlineExceeded) member.FailedAt = TimeProvider.System.GetTimestamp();
                last = member;
                // What could not be sent goes elsewhere at once, the first time.
                if (first && e.Status.DebugException is HttpRequestException { InnerException: SocketException }) continue;
            }
            await Task.Delay((int)(pause * (0.5 + (Random.Shared.NextDouble() / 2))), ct);
        }
    }

    private Member Choose(Member? last)
    {
        var from = Interlocked.Increment(ref turn);
        var inTurn = Enumerable.Range(0, members.Length).Select(i => members[(int)((from + i) % members.Length)]).Where(m => m != last || members.Length == 1);
        return inTurn.FirstOrDefault(m => m.FailedAt is 0 || TimeProvider.System.GetElapsedTime(m.FailedAt) > Suspicion) ?? inTurn.First();
    }

    private sealed class Member
    {
        private long failedAt;

        public Member(string address)
        {
            var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = ConnectTimeout, PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan, UseProxy = false };
            Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
            Client = new KV.KVClient(Channel);
        }

        public GrpcChannel Channel { get; }

        public KV.KVClient Client { get; }

        /// <summary>When it could last not be reached; 0: never.</summary>
        public long FailedAt
        {
            get => Interlocked.Read(ref failedAt);
            set => Interlocked.Exchange(ref failedAt, value);
        }
    }
}
