using AkkaHa.Core.Entities;
using AkkaHa.Judge.Keys;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.Runs;
using AkkaHa.Simulation.Tests.World;
using Xunit;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// A key is put once, with a time to live, and then only read, while it moves to and fro between two nodes whose clocks differ. By the faster clock its time
/// is over sooner. Nobody sweeps: what ends it is a read, or nothing.
/// </summary>
public sealed class ComesBackTests
{
    [Fact]
    public void What_a_read_has_seen_gone_is_gone_for_every_clock() =>
        Assert.All(Enumerable.Range(1, 30), seed => Assert.Empty(Judge((ulong)seed, RuleSwitches.AllOn)));

    [Fact]
    public void Without_a_stored_end_it_comes_back_where_the_clock_is_slow() =>
        Assert.Contains(Enumerable.Range(1, 10), seed => Judge((ulong)seed, RuleSwitches.AllOn with { ExpiryPersisted = false }).Count > 0);

    private static List<AkkaHa.Judge.Violation> Judge(ulong seed, RuleSwitches rules)
    {
        var faults = Faults.None with { SkewMs = 1000 };
        var world = new SimulatedWorld(seed, rules, faults, nodes: 2, shards: 1);
        var keys = new RecordedKeys(new Plan { Storm = faults });
        var client = new Client(world, 0);
        for (var turn = 1; turn <= 20; turn++)
        {
            var slot = turn % 2;
            world.Scheduler.At(400 * turn, () => world.Cluster.Allocation.Move(0, slot));
        }
        world.Scheduler.After(0, Work);
        world.RunUntil(20_000);
        Assert.Empty(world.Violations);
        Assert.Equal(0, keys.LastRevision("k"));
        return [.. keys.Judge()];

        async void Work()
        {
            await keys.Write(client, "k", KeyAction.Put, condition: false, ttlMs: 2000);
            for (var i = 0; i < 200; i++)
            {
                await keys.Get(client, "k", 4000);
                await world.Scheduler.Delay(30);
            }
        }
    }
}
