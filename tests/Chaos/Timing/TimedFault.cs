using AkkaHa.Chaos.Nodes;
using AkkaHa.Chaos.Proxies;

namespace AkkaHa.Chaos.Timing;

/// <summary>A fault of one node whose cost in time is measured.</summary>
/// <param name="Name">For people.</param>
/// <param name="What">What is done.</param>
/// <param name="Goal">How long the node's keys may be without service at worst.</param>
/// <param name="Strike">Does it; what it returns heals it.</param>
sealed record TimedFault(string Name, string What, TimeSpan Goal, Func<ChaosCluster, ChaosNode, Task<Func<Task>>> Strike)
{
    public static readonly IReadOnlyList<TimedFault> All =
    [
        new("kill", "kill -9; the process stays away", TimeSpan.FromSeconds(4), async (cluster, node) =>
        {
            await cluster.KillAsync(node);
            return () => Task.Run(node.Process.Start);
        }),
        new("pause", "SIGSTOP", TimeSpan.FromSeconds(4), (_, node) =>
        {
            node.Process.Pause();
            return Healing(node.Process.Resume);
        }),
        new("isolate", "cut off from the other nodes and the database; clients reach it", TimeSpan.FromSeconds(4), (cluster, node) =>
            Hold([.. Peers(cluster, node), cluster.Network.Database(node.Index).Forth, cluster.Network.Database(node.Index).Back])),
        new("cut-peers", "cut off from the other nodes; clients and the database reach it", TimeSpan.FromSeconds(7), (cluster, node) => Hold(Peers(cluster, node))),
    ];

    private static IEnumerable<Direction> Peers(ChaosCluster cluster, ChaosNode node) => [.. cluster.Network.From(node.Index), .. cluster.Network.To(node.Index)];

    private static Task<Func<Task>> Hold(IEnumerable<Direction> directions)
    {
        var holds = directions.Select(d => d.Hold()).ToArray();
        return Healing(() =>
        {
            foreach (var hold in holds) hold.Dispose();
        });
    }

    private static Task<Func<Task>> Healing(Action heal) => Task.FromResult<Func<Task>>(() =>
    {
        heal();
        return Task.CompletedTask;
    });
}
