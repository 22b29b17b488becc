using System.Diagnostics;
using AkkaHa.Cli.Local;

namespace AkkaHa.Servers;

/// <summary>A cluster of Debian's etcd, to be compared with: on free ports, with its data in a temporary directory.</summary>
public sealed class EtcdCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-etcd-").FullName;

    private EtcdCluster(int count)
    {
        var ports = LocalCluster.FreePorts(2 * count);
        string Url(int port) => $"http://127.0.0.1:{port}";
        var initial = string.Join(',', Enumerable.Range(0, count).Select(i => $"etcd-{i + 1}={Url(ports[(2 * i) + 1])}"));
        Members = [.. Enumerable.Range(0, count).Select(i => new EtcdMember(directory, $"etcd-{i + 1}", Url(ports[2 * i]), Url(ports[(2 * i) + 1]), initial))];
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<EtcdMember> Members { get; }

    /// <summary>What a client connects to, separated by commas.</summary>
    public string Endpoints => string.Join(',', Members.Select(m => m.ClientUrl));

    /// <summary>Started, with a leader that all know.</summary>
    public static async Task<EtcdCluster> StartAsync(int members = 3)
    {
        var cluster = new EtcdCluster(members);
        try
        {
            foreach (var member in cluster.Members) await member.StartAsync();
            await cluster.WaitWholeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Who leads, as most members say; null when they do not agree on one that runs.</summary>
    public async Task<EtcdMember?> TryLeaderAsync(CancellationToken ct = default)
    {
        var told = await Task.WhenAll(Members.Select(async m => (Member: m, Status: await m.TryStatusAsync(ct))));
        var votes = told.Where(t => t.Status is { Leader: not 0 }).GroupBy(t => t.Status!.Leader).MaxBy(g => g.Count());
        if (votes is null || votes.Count() <= Members.Count / 2) return null;
        return told.SingleOrDefault(t => t.Status?.Header.MemberId == votes.Key).Member;
    }

    /// <summary>Waits until every member runs, all follow one leader, and none is far behind it.</summary>
    /// <exception cref="TimeoutException">It does not come to that.</exception>
    public async Task WaitWholeAsync(CancellationToken ct = default)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < Patience; await Task.Delay(100, ct))
        {
            var told = await Task.WhenAll(Members.Select(m => m.TryStatusAsync(ct)));
            if (told.All(s => s is { Leader: not 0 }) && told.Select(s => s!.Leader).Distinct().Count() == 1
                && told.Max(s => s!.RaftAppliedIndex) - told.Min(s => s!.RaftAppliedIndex) < 1000) return;
        }
        throw new TimeoutException($"etcd was not whole within {Patience.TotalSeconds} s; see {directory}");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members) await member.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
