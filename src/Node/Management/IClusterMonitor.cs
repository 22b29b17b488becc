using System.Threading.Channels;

namespace AkkaHa.Node.Management;

/// <summary>The cluster as its management routes show it. A node that has not started refuses all of it.</summary>
internal interface IClusterMonitor
{
    /// <summary>All members.</summary>
    MembersView Members();

    /// <summary>The member with this address, with or without its protocol; null: there is none.</summary>
    MemberView? Find(string address);

    /// <summary>By whom others may join.</summary>
    SeedNodesView SeedNodes();

    /// <summary>The names of the sharding regions.</summary>
    ShardTypesView ShardTypes();

    /// <summary>The shards of a region that are on this node; null: there is no such region.</summary>
    Task<ShardsView?> ShardsAsync(string name, CancellationToken ct);

    /// <summary>Joins by this address.</summary>
    /// <returns>Why not; null: it does, or has.</returns>
    string? Join(string address);

    /// <summary>
    /// What happens to the cluster from now on, after what it is now, told as if it had just happened, each as <see cref="DomainEvents"/> writes it. It ends with this incarnation, or where the reader is too slow.
    /// </summary>
    /// <param name="types">Which; see <see cref="DomainEvents.TypesOf"/>.</param>
    /// <param name="over">Ends it.</param>
    ChannelReader<string> Events(IReadOnlyList<Type> types, CancellationToken over);
}
