using System.Net.Sockets;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Load;

/// <summary>
/// The members of an etcd, each with a connection of ours, by etcd's own service definitions, as generated in dotnet-etcd. Repeats are ours, with the same patience as AkkaHa's client has
/// (3 s an attempt, 30 s in all, 300 ms to connect, pauses from 20 to 500 ms), so that what is compared is the servers. Calls go to all members in turn, round those that failed of late.
/// </summary>
/// <param name="endpoints">Addresses, separated by commas.</param>
public sealed class EtcdConnections(string endpoints) : IAsyncDisposable
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(1);

    private readonly EtcdConnection[] members = [.. endpoints.Split(',').Select(e => new EtcdConnection(e))];
    private uint turn;

    /// <summary>One after the other.</summary>
    public EtcdConnection Next() => members[(int)(Interlocked.Increment(ref turn) % members.Length)];

    /// <summary>Calls one member, and others when that fails.</summary>
    /// <exception cref="RpcException">It failed for too long.</exception>
    public async Task<T> CallAsync<T>(Func<EtcdConnection, CallOptions, AsyncUnaryCall<T>> call, CancellationToken ct = default)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        EtcdConnection? last = null;
        for (var pause = 20; ; pause = Math.Min(2 * pause, 500))
        {
            var member = Choose(last);
            try
            {
                using var sent = call(member, new CallOptions(deadline: DateTime.UtcNow + AttemptTimeout, cancellationToken: ct));
                return await sent;
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

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        foreach (var member in members) member.Dispose();
        return ValueTask.CompletedTask;
    }

    private EtcdConnection Choose(EtcdConnection? last)
    {
        var from = Interlocked.Increment(ref turn);
        EtcdConnection? any = null;
        for (var i = 0; i < members.Length; i++)
        {
            var member = members[(int)((from + i) % members.Length)];
            if (member == last && members.Length > 1) continue;
            if (member.FailedAt is 0 || TimeProvider.System.GetElapsedTime(member.FailedAt) > Suspicion) return member;
            any ??= member;
        }
        return any!;
    }
}

/// <summary>One member of <see cref="EtcdConnections"/>.</summary>
public sealed class EtcdConnection : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMilliseconds(300);

    private readonly GrpcChannel channel;
    private long failedAt;

    internal EtcdConnection(string address)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = ConnectTimeout, PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan, UseProxy = false };
        channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        Keys = new KV.KVClient(channel);
        Leases = new Lease.LeaseClient(channel);
        Watches = new Watch.WatchClient(channel);
    }

    /// <summary>Keys and transactions.</summary>
    public KV.KVClient Keys { get; }

    /// <summary>Leases.</summary>
    public Lease.LeaseClient Leases { get; }

    /// <summary>Watches.</summary>
    public Watch.WatchClient Watches { get; }

    /// <summary>When it could last not be reached; 0: never.</summary>
    internal long FailedAt
    {
        get => Interlocked.Read(ref failedAt);
        set => Interlocked.Exchange(ref failedAt, value);
    }

    /// <inheritdoc />
    public void Dispose() => channel.Dispose();
}
