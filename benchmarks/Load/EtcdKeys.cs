using Etcdserverpb;
using Google.Protobuf;

namespace AkkaHa.Load;

/// <summary>etcd's keys.</summary>
public sealed class EtcdKeys : IKeyTarget
{
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly EtcdConnections members;

    /// <summary>A client of these members.</summary>
    /// <param name="endpoints">Addresses, separated by commas.</param>
    public EtcdKeys(string endpoints) => members = new EtcdConnections(endpoints);

    /// <inheritdoc />
    public string Name => "etcd";

    /// <inheritdoc />
    public Task PutAsync(string key, CancellationToken ct)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = Value };
        return members.CallAsync((member, options) => member.Keys.PutAsync(request, options), ct);
    }

    /// <inheritdoc />
    public Task GetAsync(string key, CancellationToken ct)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key) };
        return members.CallAsync((member, options) => member.Keys.RangeAsync(request, options), ct);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => members.DisposeAsync();
}
