using System.Diagnostics;
using System.Text.Json;
using AkkaHa.Chaos.Nodes;
using AkkaHa.Cli.Local;
using Npgsql;
using Xunit;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>Who is a member of a cluster behind proxies, as its nodes, its logs and its database say.</summary>
internal sealed class MemberWatch(ChaosCluster cluster) : IDisposable
{
    private static readonly TimeSpan RestAtMost = TimeSpan.FromMinutes(2);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(3) };
    private readonly Rest rest = new(cluster);

    /// <summary>Waits until all nodes that run are ready, and agree on who is a member.</summary>
    public async Task RestAsync() => Assert.Null(await rest.WaitAsync(RestAtMost));

    /// <summary>Addresses and incarnations of the members, as this node sees them; empty where it does not answer.</summary>
    public async Task<IReadOnlyDictionary<string, string>> MembersAsync(ChaosNode asked)
    {
        try
        {
            using var json = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{asked.Process.HttpUrl}/v1/cluster")));
            return json.RootElement.GetProperty("members").EnumerateArray().Where(m => m.GetProperty("status").GetString() is not "Down")
                .ToDictionary(m => m.GetProperty("address").GetString()!, m => m.GetProperty("incarnation").GetString()!, StringComparer.Ordinal);
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is TaskCanceledException)
        {
            return new Dictionary<string, string>();
        }
    }

    /// <summary>Of this member, as a node that surely answers sees it; null: it is none.</summary>
    public async Task<string?> IncarnationAsync(ChaosNode asked, ChaosNode of)
    {
        IReadOnlyDictionary<string, string> members = new Dictionary<string, string>();
        await ClusterUnderTest.EventuallyAsync(async () => (members = await MembersAsync(asked)).Count > 0, $"{asked.Name} does not answer");
        return members.GetValueOrDefault(of.Process.Address);
    }

    /// <summary>For that long, it is not the only member of a cluster.</summary>
    public async Task NeverAloneAsync(ChaosNode node, TimeSpan time)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < time; await Task.Delay(100))
            Assert.False(await MembersAsync(node) is { Count: 1 } alone && alone.ContainsKey(node.Process.Address), $"{node.Name} is a cluster of its own after {since.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Until disposed, it and the other nodes hear nothing of one another.</summary>
    public IDisposable CutFromPeers(ChaosNode node) => new Holds([.. cluster.Network.From(node.Index), .. cluster.Network.To(node.Index)]);

    /// <summary>Until disposed, it does not reach the database.</summary>
    public IDisposable CutFromDatabase(ChaosNode node) => new Holds([cluster.Network.Database(node.Index).Forth, cluster.Network.Database(node.Index).Back]);

    /// <summary>Whether the incarnation's row is fenced, or forgotten, which only happens to fenced ones.</summary>
    public async Task<bool> IsFencedAsync(string incarnation)
    {
        await using var connection = new NpgsqlConnection(cluster.Database!.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM node WHERE NOT fenced AND node LIKE '% ' || $1", connection) { Parameters = { new() { Value = incarnation } } };
        return await command.ExecuteScalarAsync() is 0L;
    }

    /// <summary>Why the incarnation was downed on evidence, in the words of those who did it: several may, and who comes later finds that it is fenced already.</summary>
    public async Task<IReadOnlyList<string>> WhyDownedAsync(string incarnation)
    {
        var reasons = new List<string>();
        var begin = $"incarnation {incarnation}, which has been fenced: ";
        foreach (var node in cluster.Members)
        {
            // The node writes on.
            await using var file = new FileStream(Path.Combine(cluster.Directory, $"{node.Name}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            while (await reader.ReadLineAsync() is { } line)
                if (line.IndexOf(begin, StringComparison.Ordinal) is >= 0 and var at) reasons.Add(line[(at + begin.Length)..]);
        }
        return reasons;
    }

    public void Dispose()
    {
        http.Dispose();
        rest.Dispose();
    }

    private sealed class Holds(IReadOnlyList<AkkaHa.Chaos.Proxies.Direction> directions) : IDisposable
    {
        private readonly IDisposable[] holds = [.. directions.Select(d => d.Hold())];

        public void Dispose()
        {
            foreach (var hold in holds) hold.Dispose();
        }
    }
}
