using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Akka.Cluster;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>
/// What every node must know of every other: where clients reach it, its weight, its incarnation. It travels as roles, since gossip carries these with the
/// membership itself: there is never a member without an address (ADR 0002).
/// </summary>
internal sealed record MemberFacts(string Http, string Grpc, int Weight, string Incarnation, long StartedAtMs, IReadOnlyList<string> Roles)
{
    private const string Prefix = "akkaha.";

    // A member never changes: what comes of it is another object. Who places shards asks for each of them, twice a second.
    private static readonly ConditionalWeakTable<Member, MemberFacts> known = [];

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(MemberFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static MemberFacts Of(NodeSettings settings, string incarnation, long startedAtMs) => new(
        Url(settings.Http.AdvertisedUrl, settings.Http.Host, settings.Http.Port),
        Url(settings.Grpc.AdvertisedUrl, settings.Grpc.Host, settings.Grpc.Port),
        settings.Cluster.Weight, incarnation, startedAtMs, settings.Cluster.Roles);

    public static MemberFacts Of(Member member) => known.GetValue(member, Read);

    /// <summary>The member's incarnation, as the rows of ownership name it.</summary>
    public static string HolderOf(Member member) => $"{member.Address} {Of(member).Incarnation}";

    /// <summary>Whether a role is a fact, and nothing that a user has set.</summary>
    public static bool IsFact(string role) => role.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>As roles.</summary>
    public IEnumerable<string> AsRoles() =>
    [
        .. Roles, $"{Prefix}http={Http}", $"{Prefix}grpc={Grpc}",
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}weight={Weight}"), $"{Prefix}incarnation={Incarnation}",
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}started={StartedAtMs}"),
    ];

    private static MemberFacts Read(Member member)
    {
        string Find(string name) => member.Roles.FirstOrDefault(r => r.StartsWith(Prefix + name + "=", StringComparison.Ordinal))?[(Prefix.Length + name.Length + 1)..] ?? "";
        return new MemberFacts(
            Find("http"), Find("grpc"),
            int.TryParse(Find("weight"), NumberStyles.None, CultureInfo.InvariantCulture, out var weight) ? Math.Clamp(weight, 1, 100) : 1,
            Find("incarnation"),
            long.TryParse(Find("started"), NumberStyles.None, CultureInfo.InvariantCulture, out var started) ? started : 0,
            [.. member.Roles.Where(r => !r.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]);
    }

    private static string Url(string advertised, string host, int port) =>
        advertised.Length > 0 ? advertised.TrimEnd('/') : string.Create(CultureInfo.InvariantCulture, $"http://{(host is "0.0.0.0" or "::" or "*" ? Environment.MachineName : host)}:{port}");
}
