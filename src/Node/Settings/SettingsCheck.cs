using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Placement;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AkkaHa.Node.Settings;

/// <summary>Why a node does not start.</summary>
public sealed class InvalidSettingsException(string message) : Exception(message);

/// <summary>Reads and checks the settings; a wrong or unknown one is named.</summary>
public static class SettingsCheck
{
    private const string Section = "AkkaHa";

    /// <summary>The settings in this configuration.</summary>
    /// <exception cref="InvalidSettingsException">One is unknown, malformed or out of range; the message names it.</exception>
    public static NodeSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        RefuseUnknown(section, typeof(NodeSettings));
        NodeSettings settings;
        try
        {
            settings = section.Get<NodeSettings>() ?? new NodeSettings();
        }
        catch (InvalidOperationException e)
        {
            // The binder's message names the key and the type.
            throw new InvalidSettingsException(e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message);
        }
        Check(settings);
        return settings;
    }

    private static void RefuseUnknown(IConfigurationSection section, Type type)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)
                ?? throw new InvalidSettingsException($"{child.Path} is no setting; there are: {string.Join(", ", type.GetProperties().Select(p => p.Name))}");
            var nested = property.PropertyType.Namespace == typeof(NodeSettings).Namespace;
            if (nested && child.Value is { Length: > 0 }) throw new InvalidSettingsException($"{child.Path} is a group of settings, not a value");
            if (nested) RefuseUnknown(child, property.PropertyType);
            else if (child.Value is { Length: > 0 } && property.PropertyType != typeof(string) && typeof(IEnumerable).IsAssignableFrom(property.PropertyType))
                throw new InvalidSettingsException($"{child.Path} is a list; write its first value as {child.Path}:0 ({child.Path.Replace(":", "__", StringComparison.Ordinal)}__0 in the environment)");
            else if (child.GetChildren().Any() && !typeof(IEnumerable).IsAssignableFrom(property.PropertyType))
                throw new InvalidSettingsException($"{child.Path} is a single value; '{child.GetChildren().First().Path}' is no setting");
        }
    }

    private static void Check(NodeSettings s)
    {
        Range("Remote:Port", s.Remote.Port, 0, 65_535);
        Range("Remote:BindPort", s.Remote.BindPort, 0, 65_535);
        Range("Http:Port", s.Http.Port, 1, 65_535);
        Range("Grpc:Port", s.Grpc.Port, 1, 65_535);
        Range("Management:Port", s.Management.Port, 1, 65_535);
        Range("Shards", s.Shards, 1, ShardMap.MaxShardCount);
        Range("Cluster:Weight", s.Cluster.Weight, 1, 100);
        Range("Storage:MaxConnections", s.Storage.MaxConnections, 15, 500);
        Range("Storage:KeepEventsSeconds", s.Storage.KeepEventsSeconds, 600, 31_536_000);
        Range("Watch:PollMs", s.Watch.PollMs, 10, 1000);
        Range("Overload:TargetMs", s.Overload.TargetMs, 5, 10_000);
        Range("Overload:CallsAtMost", s.Overload.CallsAtMost, 100, 1_000_000);
        Range("Eventual:WriteBehindMs", s.Eventual.WriteBehindMs, 0, 10_000);
        Timings(s);
        NotEmpty("Remote:Host", s.Remote.Host);
        NotEmpty("Http:Host", s.Http.Host);
        NotEmpty("Grpc:Host", s.Grpc.Host);
        NotEmpty("Management:Host", s.Management.Host);
        NotEmpty("DataDirectory", s.DataDirectory);
        HostName("Remote:Host", s.Remote.Host);
        if (s.Remote.BindHost.Length > 0) HostName("Remote:BindHost", s.Remote.BindHost);
        Endpoint("Http", s.Http.Host, s.Http.Port);
        Endpoint("Grpc", s.Grpc.Host, s.Grpc.Port);
        Endpoint("Management", s.Management.Host, s.Management.Port);
        foreach (var role in s.Cluster.Roles)
            if (!role.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) throw Wrong("Cluster:Roles", $"'{role}' may have letters, digits, '-', '_' and '.' only");
        Url("Http:AdvertisedUrl", s.Http.AdvertisedUrl);
        Url("Grpc:AdvertisedUrl", s.Grpc.AdvertisedUrl);
        foreach (var seed in s.Cluster.SeedNodes)
            if (!ActorPath.TryParse(seed + "/x", out var path) || path.Address.System != NodeNames.ActorSystem || path.Address.Port is null)
                throw Wrong("Cluster:SeedNodes", $"'{seed}' is no address of the form akka.tcp://{NodeNames.ActorSystem}@host:port");
        Url("Telemetry:OtlpEndpoint", s.Telemetry.OtlpEndpoint);
        if (s.Telemetry.SampleRatio is not (>= 0 and <= 1)) throw Wrong("Telemetry:SampleRatio", string.Create(CultureInfo.InvariantCulture, $"is {s.Telemetry.SampleRatio}; it must be 0 to 1"));
        if (s.Telemetry.LogFormat is not ("text" or "json")) throw Wrong("Telemetry:LogFormat", $"is '{s.Telemetry.LogFormat}'; it must be text or json");
        if (s.Storage.Provider is not ("sqlite" or "postgres")) throw Wrong("Storage:Provider", $"is '{s.Storage.Provider}'; it must be sqlite or postgres");
        if (s.Storage.Provider == "postgres" && s.Storage.ConnectionString.Length == 0) throw Wrong("Storage:ConnectionString", "is needed with Storage:Provider postgres");
        Connection(s);
        foreach (var rule in s.Testing.Break.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) RuleNamed(rule);
    }

    private static void Timings(NodeSettings s)
    {
        Range("Testing:TransactionsInSlotSeconds", s.Testing.TransactionsInSlotSeconds, 1, 86_400);
        Range("Ownership:LeaseMs", s.Ownership.LeaseMs, 500, 60_000);
        Range("Ownership:RenewEveryMs", s.Ownership.RenewEveryMs, 50, 10_000);
        Range("Ownership:LookEveryMs", s.Ownership.LookEveryMs, 20, 10_000);
        Range("Ownership:WithoutLeaseMs", s.Ownership.WithoutLeaseMs, 2_000, 600_000);
        Range("Detection:HeartbeatMs", s.Detection.HeartbeatMs, 50, 10_000);
        Range("Detection:PauseMs", s.Detection.PauseMs, 300, 60_000);
        Range("Detection:ProbeEveryMs", s.Detection.ProbeEveryMs, 20, 10_000);
        Range("Detection:ProbeTimeoutMs", s.Detection.ProbeTimeoutMs, 50, 10_000);
        Range("Detection:GossipMs", s.Detection.GossipMs, 50, 5_000);
        Range("Detection:StableAfterMs", s.Detection.StableAfterMs, 500, 60_000);
        if (s.Ownership.LeaseMs < 3 * s.Ownership.RenewEveryMs)
            throw Wrong("Ownership:LeaseMs", $"is {s.Ownership.LeaseMs}; it must be at least three times Ownership:RenewEveryMs ({s.Ownership.RenewEveryMs}), or one slow renewal stops all answers");
        if (s.Detection.PauseMs < 3 * s.Detection.HeartbeatMs)
            throw Wrong("Detection:PauseMs", $"is {s.Detection.PauseMs}; it must be at least three times Detection:HeartbeatMs ({s.Detection.HeartbeatMs}), or one late heartbeat makes a node unreachable");
        if (s.Ownership.WithoutLeaseMs < 2 * s.Ownership.LeaseMs)
            throw Wrong("Ownership:WithoutLeaseMs", $"is {s.Ownership.WithoutLeaseMs}; it must be at least twice Ownership:LeaseMs ({s.Ownership.LeaseMs})");
    }

    /// <summary>The rules, less those that a test switches off.</summary>
    public static RuleSwitches Rules(TestingSettings testing)
    {
        var rules = new RuleSwitches();
        foreach (var name in testing.Break.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) RuleNamed(name).SetValue(rules, false);
        return rules;
    }

    private static PropertyInfo RuleNamed(string name)
    {
        var rules = typeof(RuleSwitches).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.PropertyType == typeof(bool)).ToArray();
        return Array.Find(rules, p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw Wrong("Testing:Break", $"'{name}' is no rule; there are: {string.Join(", ", rules.Select(r => r.Name))}");
    }

    private static void Range(string name, int value, int least, int most)
    {
        if (value < least || value > most) throw Wrong(name, $"is {value}; it must be {least} to {most}");
    }

    private static void NotEmpty(string name, string value)
    {
        if (string.IsNullOrWhiteSpace(value)) throw Wrong(name, "must not be empty");
    }

    private static void Connection(NodeSettings s)
    {
        try
        {
            if (s.Storage.Provider == "postgres") _ = new NpgsqlConnectionStringBuilder(s.Storage.ConnectionString);
            else if (s.Storage.ConnectionString.Length > 0) _ = new SqliteConnectionStringBuilder(s.Storage.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw Wrong("Storage:ConnectionString", $"can't be read: {e.Message}");
        }
        try
        {
            Directory.CreateDirectory(s.DataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong("DataDirectory", $"can't be made: {e.Message}");
        }
    }

    /// <summary>Where to listen.</summary>
    /// <exception cref="InvalidSettingsException">The host has no address.</exception>
    public static IPEndPoint Endpoint(string group, string host, int port)
    {
        if (host == "localhost") return new IPEndPoint(IPAddress.Loopback, port);
        if (host is "*" or "+") return new IPEndPoint(IPAddress.Any, port);
        if (IPAddress.TryParse(host, out var address)) return new IPEndPoint(address, port);
        try
        {
            if (Dns.GetHostAddresses(host) is [var first, ..]) return new IPEndPoint(first, port);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw Wrong($"{group}:Host", $"is '{host}', which has no address here: {e.Message}");
        }
        throw Wrong($"{group}:Host", $"is '{host}', which has no address here");
    }

    private static void HostName(string name, string value)
    {
        if (Uri.CheckHostName(value) == UriHostNameType.Unknown) throw Wrong(name, $"is '{value}', which is no host name or address");
    }

    private static void Url(string name, string value)
    {
        if (value.Length > 0 && (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
            throw Wrong(name, $"is '{value}'; it must be an http or https address");
    }

    private static InvalidSettingsException Wrong(string name, string what) => new($"{Section}:{name} {what}");
}
