using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>What one client does and sees, step by step, in a world in which nothing goes wrong but what the story makes go wrong.</summary>
static class Story
{
    private const long AtMostMs = 120_000;

    /// <param name="rules">Which rules are on.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="tell">Begins when they are ready; its answer is the story's.</param>
    public static T Run<T>(RuleSwitches rules, int nodes, Func<Client, Task<T>> tell)
    {
        var world = new SimulatedWorld(1, rules, Faults.None, nodes, shards: 4);
        world.RunUntil(3000);
        var client = new Client(world, 0);
        Task<T>? story = null;
        // What awaits must begin on the world's only thread.
        world.Scheduler.After(0, () => story = tell(client));
        world.Scheduler.RunUntil(world.Scheduler.Now + AtMostMs, () => story is { IsCompleted: true } || world.Violations.Count > 0);
        Assert.Empty(world.Violations);
        return story!.GetAwaiter().GetResult();
    }
}
