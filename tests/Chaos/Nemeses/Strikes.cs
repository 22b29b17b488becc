using AkkaHa.Chaos.Nodes;
using AkkaHa.Chaos.Proxies;

namespace AkkaHa.Chaos.Nemeses;

/// <summary>How each nemesis that hits one node, or the database, does it, and how it heals it.</summary>
sealed class Strikes(ChaosCluster cluster)
{
    /// <summary>Strikes, waits, heals. Says what it did.</summary>
    public Task<string> RunAsync(string nemesis, ChaosNode? victim, TimeSpan length, Random random) => nemesis switch
    {
        Nemesis.Kill => KillAsync(victim!, length),
        Nemesis.Pause => PauseAsync(victim!, length),
        Nemesis.Partition => PartitionAsync(victim!, length, random),
        Nemesis.OneWay => OneWayAsync(victim!, length, random),
        Nemesis.CutClients => HoldAsync(Both(cluster.Network.Clients(victim!.Index)), length, "no client reaches it"),
        Nemesis.CutDatabase => HoldAsync(Both(cluster.Network.Database(victim!.Index)), length, "no database"),
        Nemesis.Slow => ImpairAsync(victim!, new Impairment(random.Next(20, 200), random.Next(5, 50)), length),
        Nemesis.Lossy => ImpairAsync(victim!, new Impairment(2, 10, Loss: 0.05, RetransmissionMs: 900, Reset: 0.005), length),
        Nemesis.DatabaseStop => DatabaseAsync(d => d.DownAsync(), length, "stopped"),
        Nemesis.DatabaseKill => DatabaseAsync(d => d.KillAsync(), length, "killed"),
        _ => throw new ArgumentOutOfRangeException(nameof(nemesis), nemesis, "strikes no single node"),
    };

    private async Task<string> KillAsync(ChaosNode victim, TimeSpan length)
    {
        await cluster.KillAsync(victim);
        await Task.Delay(length);
        victim.Process.Start();
        return $"dead for {length.TotalSeconds:0.0} s";
    }

    private static async Task<string> PauseAsync(ChaosNode victim, TimeSpan length)
    {
        victim.Process.Pause();
        try
        {
            await Task.Delay(length);
        }
        finally
        {
            victim.Process.Resume();
        }
        return $"stopped for {length.TotalSeconds:0.0} s";
    }

    private Task<string> PartitionAsync(ChaosNode victim, TimeSpan length, Random random)
    {
        if (Other(victim, random) is { } other)
            return HoldAsync([cluster.Network.Between(victim.Index, other.Index), cluster.Network.Between(other.Index, victim.Index)], length, $"from {other.Name}");
        return HoldAsync([.. cluster.Network.From(victim.Index), .. cluster.Network.To(victim.Index)], length, "from all others");
    }

    private Task<string> OneWayAsync(ChaosNode victim, TimeSpan length, Random random)
    {
        var deaf = random.Next(2) == 0;
        if (Other(victim, random) is { } other)
            return HoldAsync([deaf ? cluster.Network.Between(other.Index, victim.Index) : cluster.Network.Between(victim.Index, other.Index)], length, deaf ? $"does not hear {other.Name}" : $"{other.Name} does not hear it");
        return HoldAsync(deaf ? cluster.Network.To(victim.Index) : cluster.Network.From(victim.Index), length, deaf ? "hears nobody" : "nobody hears it");
    }

    /// <summary>The one that it is cut off from; null: all.</summary>
    private ChaosNode? Other(ChaosNode victim, Random random)
    {
        var others = cluster.Members.Where(n => n != victim).ToArray();
        var all = random.Next(3) != 0;
        var other = others[random.Next(others.Length)];
        return all ? null : other;
    }

    private static IEnumerable<Direction> Both(Route route) => [route.Forth, route.Back];

    private static async Task<string> HoldAsync(IEnumerable<Direction> directions, TimeSpan length, string what)
    {
        var holds = directions.Select(d => d.Hold()).ToArray();
        try
        {
            await Task.Delay(length);
        }
        finally
        {
            foreach (var hold in holds) hold.Dispose();
        }
        return $"{what}, for {length.TotalSeconds:0.0} s";
    }

    private async Task<string> ImpairAsync(ChaosNode victim, Impairment impairment, TimeSpan length)
    {
        var impaired = cluster.Network.Of(victim.Index).Select(d => d.Impair(impairment)).ToArray();
        try
        {
            await Task.Delay(length);
        }
        finally
        {
            foreach (var one in impaired) one.Dispose();
        }
        return $"{impairment.LatencyMs} ms late, {impairment.Reset:P1} broken, for {length.TotalSeconds:0.0} s";
    }

    private async Task<string> DatabaseAsync(Func<Servers.PostgresServer, Task> end, TimeSpan length, string what)
    {
        await end(cluster.Database!);
        try
        {
            await Task.Delay(length);
        }
        finally
        {
            await cluster.Database!.UpAsync();
        }
        return $"{what} for {length.TotalSeconds:0.0} s";
    }
}
