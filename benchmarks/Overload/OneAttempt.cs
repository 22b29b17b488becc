using AkkaHa.ClientApi;
using AkkaHa.Load;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Overload;

/// <summary>Keys by single attempts, straight to the owner: what is refused is a failure, and how long an answer took is how long the node took.</summary>
internal sealed class OneAttempt : IKeyTarget
{
    /// <summary>Beyond this nobody waits any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly ShardMap map;
    private readonly Keys.KeysClient[] owners;
    private readonly List<GrpcChannel> channels = [];
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
                channels.Add(channel);
                clients[shard.Grpc] = client = new Keys.KeysClient(channel);
            }
            owners[int.Parse(shard.Shard, System.Globalization.CultureInfo.InvariantCulture)] = client;
        }
    }

    public string Name => "AkkaHa";

    /// <summary>Calls that were refused because there was too much to do.</summary>
    public long Refused => Interlocked.Read(ref refused);

    public Task PutAsync(string key, CancellationToken ct) => CallAsync(Owner(key).PutAsync(new PutKeyRequest { Key = key, Value = Value }, Options(ct)));

    public Task GetAsync(string key, CancellationToken ct) => CallAsync(Owner(key).GetAsync(new GetKeyRequest { Key = key }, Options(ct)));

    public ValueTask DisposeAsync()
    {
        foreach (var channel in channels) channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private static CallOptions Options(CancellationToken ct) => new(deadline: DateTime.UtcNow + Patience, cancellationToken: ct);

    private Keys.KeysClient Owner(string key) => owners[map.ShardOf(EntityId.Key(key))];

    private async Task CallAsync<T>(AsyncUnaryCall<T> call)
    {
        using (call)
        {
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
}
