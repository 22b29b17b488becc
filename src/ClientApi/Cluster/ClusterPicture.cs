namespace AkkaHa.ClientApi;

/// <summary>Who is in the cluster, as one node sees it.</summary>
/// <param name="Members">By address.</param>
/// <param name="Leader">The address of the member that lets others in and out; empty when there is none.</param>
public sealed record ClusterPicture(IReadOnlyList<ClusterMember> Members, string Leader);
