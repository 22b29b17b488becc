using AkkaHa.Cli.Local;
using AkkaHa.Messages;
using Spectre.Console;

namespace AkkaHa.Cli.Demo;

/// <summary>Shows the ring: how many shards each node has, and where the demo's own data live.</summary>
static class RingTable
{
    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, RingPicture ring, IReadOnlyList<NodeProcess> nodes)
    {
        var fair = (double)ring.Shards.Length / nodes.Count;
        var accounts = DemoNames.Accounts().CountBy(a => ring.OwnerOf(EntityId.Key(a)).Node).ToDictionary();
        var table = screen.Table("node", "shards", "of its fair share", "accounts", "lock", "counter");
        foreach (var node in nodes)
        {
            var shards = ring.ShardsOf(node.Address).Count;
            table.AddRow(
                node.Name, $"{shards}", $"{shards / fair * 100:0} %", $"{accounts.GetValueOrDefault(node.Address)}",
                Here(EntityId.Lock(DemoNames.Lock)), Here(EntityId.Key(DemoNames.Counter)));

            string Here(EntityId entity) => ring.OwnerOf(entity) is var owner && owner.Node == node.Address ? $"shard {owner.Shard}" : "";
        }
        screen.Show(table);
        screen.Say($"{ring.Shards.Length} shards; a fair share is {fair:0.0}, and no node may have more than {ring.BoundAmong(nodes.Count)} (110 % of it, rounded up).");
        screen.Say("Every lock and every key is in one shard by its name, and every shard is on one node by the ring.");
    }
}
