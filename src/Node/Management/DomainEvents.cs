using System.Text.Json;
using Akka.Cluster;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Management;

/// <summary>Events of the cluster in the form of <c>GET /cluster/domain-events</c>: server-sent events of JSON.</summary>
internal static class DomainEvents
{
    private static readonly Dictionary<string, Type[]> ByName = new(StringComparer.Ordinal)
    {
        ["ClusterDomainEvent"] = [typeof(ClusterEvent.IClusterDomainEvent)],
        ["MemberEvent"] = [typeof(ClusterEvent.IMemberEvent)],
        ["MemberJoined"] = [typeof(ClusterEvent.MemberJoined)],
        ["MemberWeaklyUp"] = [typeof(ClusterEvent.MemberWeaklyUp)],
        ["MemberUp"] = [typeof(ClusterEvent.MemberUp)],
        ["MemberLeft"] = [typeof(ClusterEvent.MemberLeft)],
        ["MemberExited"] = [typeof(ClusterEvent.MemberExited)],
        ["MemberDowned"] = [typeof(ClusterEvent.MemberDowned)],
        ["MemberRemoved"] = [typeof(ClusterEvent.MemberRemoved)],
        ["LeaderChanged"] = [typeof(ClusterEvent.LeaderChanged)],
        ["RoleLeaderChanged"] = [typeof(ClusterEvent.RoleLeaderChanged)],
        ["ClusterShuttingDown"] = [typeof(ClusterEvent.ClusterShuttingDown)],
        ["ReachabilityEvent"] = [typeof(ClusterEvent.IReachabilityEvent)],
        ["UnreachableMember"] = [typeof(ClusterEvent.UnreachableMember)],
        ["ReachableMember"] = [typeof(ClusterEvent.ReachableMember)],
        // There are no data centers here: these are known, and never happen.
        ["DataCenterReachabilityEvent"] = [],
        ["UnreachableDataCenter"] = [],
        ["ReachableDataCenter"] = [],
    };

    /// <summary>Which names there are.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>The events that these names stand for; no name: all.</summary>
    /// <returns>Null: one is unknown, and <paramref name="unknown"/> says which.</returns>
    public static IReadOnlyList<Type>? TypesOf(IReadOnlyList<string> names, out string? unknown)
    {
        unknown = names.FirstOrDefault(n => !ByName.ContainsKey(n));
        if (unknown is not null) return null;
        return names.Count == 0 ? ByName["ClusterDomainEvent"] : [.. names.SelectMany(n => ByName[n]).Distinct()];
    }

    /// <summary>One event; null: it is not for the outside.</summary>
    public static string? Write(ClusterEvent.IClusterDomainEvent happened) => happened switch
    {
        ClusterEvent.MemberRemoved e => Text("MemberRemoved", new { member = View(e.Member), previousStatus = e.PreviousStatus.ToString(), type = "MemberRemoved" }),
        ClusterEvent.MemberJoined e => OfMember("MemberJoined", e.Member),
        ClusterEvent.MemberWeaklyUp e => OfMember("MemberWeaklyUp", e.Member),
        ClusterEvent.MemberUp e => OfMember("MemberUp", e.Member),
        ClusterEvent.MemberLeft e => OfMember("MemberLeft", e.Member),
        ClusterEvent.MemberExited e => OfMember("MemberExited", e.Member),
        ClusterEvent.MemberDowned e => OfMember("MemberDowned", e.Member),
        ClusterEvent.UnreachableMember e => OfMember("UnreachableMember", e.Member),
        ClusterEvent.ReachableMember e => OfMember("ReachableMember", e.Member),
        ClusterEvent.LeaderChanged { Leader: { } leader } => Text("LeaderChanged", new { address = leader.ToString(), type = "LeaderChanged" }),
        ClusterEvent.LeaderChanged => Text("LeaderChanged", new { type = "LeaderChanged" }),
        ClusterEvent.RoleLeaderChanged e when MemberFacts.IsFact(e.Role) => null,
        ClusterEvent.RoleLeaderChanged { Leader: { } leader } e => Text("RoleLeaderChanged", new { address = leader.ToString(), role = e.Role, type = "RoleLeaderChanged" }),
        ClusterEvent.RoleLeaderChanged e => Text("RoleLeaderChanged", new { role = e.Role, type = "RoleLeaderChanged" }),
        ClusterEvent.ClusterShuttingDown => Text("ClusterShuttingDown", new { type = "ClusterShuttingDown" }),
        _ => null,
    };

    private static string OfMember(string type, Member member) => Text(type, new { member = View(member), type });

    private static object View(Member member) => new
    {
        dataCenter = "default", roles = MemberFacts.Of(member).Roles, status = member.Status.ToString(),
        uniqueAddress = new { address = member.Address.ToString(), longUid = member.UniqueAddress.Uid },
    };

    private static string Text(string type, object json) => $"data:{JsonSerializer.Serialize(json)}\nevent:{type}\n\n";
}
