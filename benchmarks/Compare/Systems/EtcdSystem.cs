using System.Collections.Concurrent;
using System.Globalization;
using AkkaHa.Load;
using AkkaHa.Servers;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace AkkaHa.Compare.Systems;

/// <summary>Three members of etcd, by its own gRPC services.</summary>
internal sealed class EtcdSystem : ISystem
{
    private const int SessionsAtOnce = 64;
    private const long SessionSeconds = 3600;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly EtcdCluster cluster;
    private readonly EtcdConnections members;
    private readonly List<EtcdMutex> mutexes = [];
    private readonly List<AsyncDuplexStreamingCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> keepAlives = [];
    private long[] sessions = [];

    private EtcdSystem(EtcdCluster cluster, string version)
    {
        this.cluster = cluster;
        Version = version;
        members = new EtcdConnections(cluster.Endpoints);
    }

    public string Name => SystemNames.Etcd;

    public string Version { get; }

    public string Promise => "3 members: on the disks of two";

    public IReadOnlyList<int> Processes => [.. cluster.Members.Select(m => m.ProcessId)];

    public static async Task<ISystem> StartAsync(CancellationToken ct)
    {
        var cluster = await EtcdCluster.StartAsync();
        return new EtcdSystem(cluster, (await cluster.Members[0].TryStatusAsync(ct))?.Version ?? "unknown");
    }

    public async Task PrepareAsync(int clients)
    {
        while (mutexes.Count < clients)
        {
            mutexes.Add(await EtcdMutex.OpenAsync(members));
            keepAlives.Add(members.Next().Leases.LeaseKeepAlive());
        }
    }

    public Task PutAsync(string key, ReadOnlyMemory<byte> value)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = UnsafeByteOperations.UnsafeWrap(value) };
        return members.CallAsync((member, options) => member.Keys.PutAsync(request, options));
    }

    public async Task GetAsync(string key)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key) };
        if ((await members.CallAsync((member, options) => member.Keys.RangeAsync(request, options))).Kvs.Count == 0) throw new InvalidOperationException($"{key} is not there");
    }

    public async Task LockAsync(int client, string name)
    {
        await mutexes[client].LockAsync(name);
        await mutexes[client].UnlockAsync(name);
    }

    public Task CreateAccountAsync(string account, long balance) => PutAsync(account, ByteString.CopyFromUtf8($"{balance}").Memory);

    // It has no arithmetic: this is the shortest way.
    public Task TransferAsync(string from, string to) => TransferCheckedAsync(from, to);

    public async Task TransferCheckedAsync(string from, string to)
    {
        var read = new TxnRequest { Success = { Get(from), Get(to) } };
        while (true)
        {
            var found = (await members.CallAsync((member, options) => member.Keys.TxnAsync(read, options))).Responses;
            var (a, b) = (found[0].ResponseRange.Kvs[0], found[1].ResponseRange.Kvs[0]);
            var (balance, other) = (Balance(a.Value), Balance(b.Value));
            if (balance < 1) throw new InvalidOperationException($"{from} has nothing left");
            var write = new TxnRequest { Compare = { Unchanged(a), Unchanged(b) }, Success = { Put(a.Key, balance - 1), Put(b.Key, other + 1) } };
            if ((await members.CallAsync((member, options) => member.Keys.TxnAsync(write, options))).Succeeded) return;
        }
    }

    public async Task CreateSessionsAsync(int count)
    {
        var made = new ConcurrentBag<long>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce }, async (_, _) =>
            made.Add((await members.CallAsync((member, options) => member.Leases.LeaseGrantAsync(new LeaseGrantRequest { TTL = SessionSeconds }, options))).ID));
        sessions = [.. made];
    }

    public async Task KeepAliveAsync(int client, int session)
    {
        var stream = keepAlives[client];
        await stream.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = sessions[session] });
        if (!await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience) || stream.ResponseStream.Current.TTL <= 0) throw new InvalidOperationException("the lease is over");
    }

    public async Task<IAsyncDisposable> WatchAsync(string key, Action<ReadOnlyMemory<byte>> seen)
    {
        var watch = members.Next().Watches.Watch();
        await watch.RequestStream.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(key) } });
        return new Following(async ct =>
        {
            using (watch)
            {
                while (await watch.ResponseStream.MoveNext(ct))
                    foreach (var change in watch.ResponseStream.Current.Events) seen(change.Kv.Value.Memory);
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in keepAlives) stream.Dispose();
        foreach (var mutex in mutexes) await mutex.DisposeAsync();
        await members.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private static RequestOp Get(string key) => new() { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8(key) } };

    private static RequestOp Put(ByteString key, long balance) => new() { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFromUtf8($"{balance}") } };

    private static Etcdserverpb.Compare Unchanged(Mvccpb.KeyValue seen) =>
        new() { Key = seen.Key, Target = Etcdserverpb.Compare.Types.CompareTarget.Mod, Result = Etcdserverpb.Compare.Types.CompareResult.Equal, ModRevision = seen.ModRevision };

    private static long Balance(ByteString text) => long.Parse(text.Span, CultureInfo.InvariantCulture);
}
