using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>A shard's row: whose it is, and under which epoch. No holder: it was released.</summary>
readonly record struct ShardRow(long Epoch, string? Holder);

/// <summary>What a renewal comes to: its own row (null: fenced, or swept away), and all there is to see.</summary>
sealed record Renewal(bool Renewed, NodeRow[] Nodes, ShardRow[] Shards);

/// <summary>What an attempt to take a shard comes to.</summary>
readonly record struct Taken(TakeVerdict Verdict, long Epoch);

/// <summary>The rows of ownership. Each method is one serializable transaction, at the moment of its commit.</summary>
sealed class OwnershipTables(SimulatedWorld world)
{
    private readonly List<NodeRow> nodes = [];
    private ShardRow[] shards = new ShardRow[world.Shards.ShardCount];

    public void Register(string node)
    {
        Sweep();
        if (Place(node) < 0) nodes.Add(new NodeRow(node, 1, false));
    }

    public Renewal Renew(string node)
    {
        var place = Place(node);
        var renewed = place >= 0 && !nodes[place].Fenced;
        if (renewed) nodes[place] = nodes[place] with { Counter = nodes[place].Counter + 1 };
        return new Renewal(renewed, [.. nodes], shards);
    }

    /// <param name="shard">Which shard.</param>
    /// <param name="taker">Who wants it.</param>
    /// <param name="holder">Whom the taker has watched.</param>
    /// <param name="expiredAt">The counter at which it saw the lease run out.</param>
    public Taken Take(int shard, string taker, string? holder, long? expiredAt)
    {
        var row = shards[shard];
        if (Find(taker) is not { } takerRow) return new Taken(TakeVerdict.TakerFenced, 0);
        var verdict = Taking.Decide(world.Rules, takerRow, row.Holder, row.Holder is null ? null : Find(row.Holder), row.Holder == holder ? expiredAt : null);
        if (verdict is TakeVerdict.Held or TakeVerdict.TakerFenced) return new Taken(verdict, 0);
        if (verdict == TakeVerdict.TakeAndFence) SetFenced(row.Holder!, "by the taker of a shard");
        else if (row.Holder is not null && row.Holder != taker) world.Count("took from one that was fenced already");
        if (row.Holder == taker) world.Count("took again what it had");
        Write(shard, new ShardRow(row.Epoch + 1, taker));
        world.Trace($"shard {shard} is {taker}'s as #{row.Epoch + 1} ({verdict} from {row.Holder})");
        return new Taken(verdict, row.Epoch + 1);
    }

    public void Release(int shard, string node, long epoch)
    {
        if (shards[shard].Holder != node || (shards[shard].Epoch != epoch && world.Rules.ReleaseNamesEpoch)) return;
        world.Trace($"shard {shard} is released by {node} as #{epoch}");
        Write(shard, new ShardRow(epoch, null));
    }

    /// <summary>Downing, by evidence that needs no waiting. It ends renewal only: whoever takes the shards waits out the lease all the same.</summary>
    public void Fence(string by, string whom)
    {
        if (Find(by) is not { Fenced: false } || Find(whom) is not { Fenced: false }) return;
        SetFenced(whom, "to be downed");
    }

    public ShardRow RowOf(int shard) => shards[shard];

    private void SetFenced(string node, string why)
    {
        if (world.NobodyIsFenced) world.Fail("fencing", $"{node} was fenced {why}, though nothing was wrong with it");
        world.Trace($"{node} is fenced {why}");
        world.Count($"fenced {why}");
        var place = Place(node);
        nodes[place] = nodes[place] with { Fenced = true };
    }

    /// <summary>Rows go only when they are fenced and hold nothing.</summary>
    private void Sweep() => nodes.RemoveAll(n => n.Fenced && !Array.Exists(shards, s => s.Holder == n.Node));

    // What has been read stays as it was: readers keep the array.
    private void Write(int shard, ShardRow row)
    {
        shards = [.. shards];
        shards[shard] = row;
    }

    private int Place(string node) => nodes.FindIndex(n => n.Node == node);

    private NodeRow? Find(string node) => Place(node) is >= 0 and var place ? nodes[place] : null;
}
