using System.Globalization;
using AkkaHa.Messages.Placement;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Connection;

/// <summary>Which node owned which shard at some moment.</summary>
internal sealed class RingSnapshot
{
    private readonly ShardMap _map;
    private readonly string?[] _owners;

    private RingSnapshot(ShardMap map, string?[] owners, long version)
    {
        Version = version;
        _map = map;
        _owners = owners;
        Addresses = [.. owners.OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The sum of all epochs.</summary>
    public long Version { get; }

    /// <summary>All nodes that own something.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>The address of the owner; null when nobody owns it now or the shard is not known.</summary>
    public string? OwnerOf(Func<ShardMap, int?> shardOf) =>
        shardOf(_map) is { } shard && shard >= 0 && shard < _owners.Length ? _owners[shard] : null;

    /// <summary>Reads an answer; null when it makes no sense.</summary>
    public static RingSnapshot? From(Wire.RingState state)
    {
        if (state.ShardCount is < 1 or > 65_536) return null;
        var owners = new string?[state.ShardCount];
        foreach (var shard in state.Shards)
        {
            if (shard.Allocated && int.TryParse(shard.Shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < owners.Length)
                owners[number] = EndpointList.Normalize(shard.Grpc);
        }
        return new RingSnapshot(new ShardMap(state.ShardCount), owners, state.Shards.Sum(s => s.Epoch));
    }
}
