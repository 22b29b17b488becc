using System.Globalization;
using System.Text.Json;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using Spectre.Console;

namespace AkkaHa.Cli.Cluster;

/// <summary>Prints who is in the cluster.</summary>
static class ClusterOutput
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void WriteJson(ClusterPicture picture, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(
        new
        {
            members = picture.Members.Select(m => new
            {
                m.Address, m.Incarnation, m.Status, m.Reachable, m.Version, m.Shards, LeaseSeconds = m.Lease.TotalSeconds, UptimeSeconds = m.Uptime.TotalSeconds, m.Http, m.Grpc,
            }),
            picture.Leader,
        },
        Json));

    public static void WriteTable(ClusterPicture picture, TextWriter output)
    {
        var table = new Table { Border = Terminal.IsRedirected(output) ? TableBorder.Markdown : TableBorder.Rounded };
        foreach (var column in (ReadOnlySpan<string>)["node", "status", "shards", "lease", "up", "version", "gRPC"]) table.AddColumn(column);
        foreach (var m in picture.Members)
        {
            table.AddRow(
                Markup.Escape(m.Address + (m.Address == picture.Leader ? " (leader)" : "")), m.Reachable ? m.Status : $"{m.Status}, unreachable",
                m.Shards.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{m.Lease.TotalSeconds:0.0} s"),
                Uptime(m.Uptime), Markup.Escape(m.Version), Markup.Escape(m.Grpc));
        }
        Terminal.On(output).Write(table);
    }

    static string Uptime(TimeSpan up) => up.TotalHours >= 48
        ? string.Create(CultureInfo.InvariantCulture, $"{up.TotalDays:0.0} d")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)up.TotalHours}:{up.Minutes:00}:{up.Seconds:00}");
}
