using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Cluster;

/// <summary>Prints who is in the cluster.</summary>
static class ClusterOutput
{
    public static object Of(ClusterPicture picture) => new
    {
        members = picture.Members.Select(m => new
        {
            m.Address, m.Incarnation, m.Status, m.Reachable, m.Roles, m.Version, m.Shards, LeaseSeconds = Json.Seconds(m.Lease), UptimeSeconds = Json.Seconds(m.Uptime), m.Http, m.Grpc,
        }),
        unreachable = picture.Members.Where(m => !m.Reachable).Select(m => m.Address),
        picture.Leader,
    };

    public static void WriteTable(ClusterPicture picture, TextWriter output)
    {
        Tables.Write(output, ["node", "status", "shards", "lease", "up", "version", "gRPC"], picture.Members.Select(m => (string[])
        [
            m.Address + (m.Address == picture.Leader ? " (leader)" : ""), m.Reachable ? m.Status : $"{m.Status}, unreachable", m.Shards.ToString(CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{m.Lease.TotalSeconds:0.0} s"), DurationText.Of(m.Uptime), m.Version, m.Grpc,
        ]));
    }
}
