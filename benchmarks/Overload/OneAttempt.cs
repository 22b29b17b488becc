using AkkaHa.ClientApi;
using AkkaHa.ClientApi.Connection.Pipelines;
using AkkaHa.Load;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Overload;

/// <summary>
/// Keys by single attempts, straight to the owner, over the stream that the client has to each node: what is refused is a failure, and nothing is tried again. (Calls of HTTP/2 of their own would
/// wait in the sender for one more connection, since each carries a hundred.)
/// </summary>
internal sealed class OneAttempt : IKeyTarget
{
    /// <summary>Beyond this nobody waits any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly ShardMap map;
    private readonly Keys.KeysClient[] owners;
    private readonly List<IDisposable> connections = [];
    private long refused;

    /// <summary>By this picture of the owners, which is not to change.</summary>
    public OneAttempt(RingState ring)
    {
        map = new ShardMap(ring.ShardCount);
        var clients = new Dictionary<string, Keys.KeysClient>(StringComparer.Ordinal);
        owners = new Keys.KeysClient[ring.ShardCount];
        foreach (var shard in ring.Shards)
        {
            if (!clients.TryGetValue(shard.Grpc, out var client))
            {
                var channel = GrpcChannel.ForAddress(shard.Grpc, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false }, DisposeHttpClient = true });
                var invoker = new PipelinedInvoker(channel.CreateCallInvoker(), TimeProvider.System);
                connections.AddRange([invoker, channel]);
                clients[shard.Grpc] = client = new Keys.KeysClient(invoker);
            }
            owners[int.Parse(shard.Shard, System.Globalization.CultureInfo.InvariantCulture)] = client;
        }
    }

    public string Name => "AkkaHa";

    /// <summary>Calls that were answered <c>UNAVAILABLE</c>: refused, because there was too much to do. So are those of a stream that breaks; the nodes' own count, which is reported beside, has none of these.</summary>
    public long Refused => Interlocked.Read(ref refused);

    public Task PutAsync(string key, CancellationToken ct) => CallAsync(options => Owner(key).PutAsync(new PutKeyRequest { Key = key, Value = Value }, options), ct);

    public Task GetAsync(string key, CancellationToken ct) => CallAsync(options => Owner(key).GetAsync(new GetKeyRequest { Key = key }, options), ct);

    public ValueTask DisposeAsync()
    {
        foreach (var connection in connections) connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private Keys.KeysClient Owner(string key) => owners[map.ShardOf(EntityId.Key(key))];

    private async Task CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> begin, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        // A call with a deadline has one of HTTP/2 to itself.
        using var call = begin(new CallOptions(cancellationToken: patience.Token));
        try
        {
            await call;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // An answer.
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            Interlocked.Increment(ref refused);
            throw;
        }
    }
}
