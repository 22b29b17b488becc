using System.Diagnostics;
using AkkaHa.Chaos.Nodes;

namespace AkkaHa.Chaos.Nemeses;

/// <summary>Nodes that end in peace, and nodes that come back.</summary>
sealed class Restarts(ChaosCluster cluster, Victims victims, TextWriter log)
{
    private static readonly TimeSpan ReadyAtMost = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LeaveAtMost = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Gives a victim back once it is ready again, or has had long enough. Never throws.</summary>
    public async Task RecoverAsync(ChaosNode victim)
    {
        await TryReadyAsync(victim);
        victims.GiveBack(victim);
    }

    /// <summary>Restarts one after the other; each waits until nothing else has the node.</summary>
    public async Task<string> RollAsync(IEnumerable<ChaosNode> nodes, TimeSpan pause, CancellationToken until)
    {
        var took = new List<string>();
        foreach (var node in nodes)
        {
            while (!victims.TryTake(node) && !until.IsCancellationRequested) await Task.Delay(Poll);
            if (until.IsCancellationRequested) break;
            var clock = Stopwatch.StartNew();
            await EndAsync(node);
            var left = clock.Elapsed;
            await Task.Delay(pause);
            node.Process.Start();
            await TryReadyAsync(node);
            took.Add($"{node.Name} left in {left.TotalSeconds:0.0} s, back after {clock.Elapsed.TotalSeconds:0.0} s");
            victims.GiveBack(node);
        }
        return string.Join("; ", took);
    }

    public async Task<string> JoinAsync(ChaosNode spare)
    {
        var clock = Stopwatch.StartNew();
        spare.Process.Start();
        await TryReadyAsync(spare);
        return $"ready after {clock.Elapsed.TotalSeconds:0.0} s";
    }

    public async Task<string> LeaveAsync(ChaosNode spare)
    {
        var clock = Stopwatch.StartNew();
        await EndAsync(spare);
        return $"left in {clock.Elapsed.TotalSeconds:0.0} s";
    }

    private async Task EndAsync(ChaosNode node)
    {
        try
        {
            await node.Process.TerminateAsync(LeaveAtMost);
        }
        catch (OperationCanceledException)
        {
            log.WriteLine($"          {node.Name} did not leave within {LeaveAtMost.TotalSeconds} s and was killed");
            await cluster.KillAsync(node);
        }
    }

    private async Task TryReadyAsync(ChaosNode node)
    {
        try
        {
            await node.Process.WaitReadyAsync(ReadyAtMost);
        }
        catch (TimeoutException e)
        {
            log.WriteLine($"          {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            log.WriteLine($"          {e.Message}");
            node.Process.Start();
        }
    }
}
