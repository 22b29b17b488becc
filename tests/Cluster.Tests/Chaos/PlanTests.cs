using AkkaHa.Chaos.Nemeses;
using Xunit;

namespace AkkaHa.Cluster.Tests.Chaos;

public sealed class PlanTests
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    [Fact]
    public void The_same_seed_plans_the_same_faults_and_another_seed_others()
    {
        PlannedFault[] Of(int seed) => [.. Plan.Of(seed, Nemesis.All, Between).Take(100)];
        Assert.Equal(Of(7), Of(7));
        Assert.NotEqual(Of(7), Of(8));
    }

    [Fact]
    public void Each_round_has_each_nemesis_once_within_its_lengths()
    {
        foreach (var round in Plan.Of(3, Nemesis.All, Between).Take(20 * Nemesis.All.Count).Chunk(Nemesis.All.Count))
        {
            Assert.Equal(Nemesis.All.Select(n => n.Name).Order(), round.Select(f => f.Nemesis.Name).Order());
            Assert.All(round, f => Assert.InRange(f.Length, f.Nemesis.Shortest, f.Nemesis.Longest));
            Assert.All(round, f => Assert.InRange(f.After, Between / 2, Between * 1.5));
        }
    }

    [Fact]
    public void Half_an_hour_has_each_nemesis_twenty_times()
    {
        var after = TimeSpan.Zero;
        var half = Plan.Of(1, Nemesis.All, TimeSpan.FromSeconds(2.5)).TakeWhile(f => (after += f.After) < TimeSpan.FromMinutes(30)).CountBy(f => f.Nemesis.Name);
        Assert.All(half, n => Assert.True(n.Value >= 20, $"{n.Key}: {n.Value}"));
    }
}
