using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api;

/// <summary>Changes who is in the cluster.</summary>
public interface IClusterControl
{
    /// <summary>Asks the node to leave. Done when the cluster has been told; null: there is no such member.</summary>
    Task<NodeChange?> LeaveAsync(string address, CancellationToken ct);

    /// <summary>Fences the node, if the database can be reached, and takes it out. Null: there is no such member.</summary>
    Task<NodeChange?> DownAsync(string address, CancellationToken ct);
}
