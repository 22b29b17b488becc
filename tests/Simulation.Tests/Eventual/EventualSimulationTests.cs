using AkkaHa.Core.Eventual;
using Xunit;

namespace AkkaHa.Simulation.Tests.Eventual;

/// <summary>Partitions, lost, doubled and late messages, crashes and clocks: all nodes come to the same, nothing that was answered is lost, and nothing counts twice.</summary>
public sealed class EventualSimulationTests
{
    private const int Seeds = 12;

    public static TheoryData<string> Rules => [.. typeof(EventualRules).GetProperties().Where(p => p.PropertyType == typeof(bool)).Select(p => p.Name)];

    [Fact]
    public void Everything_converges_and_no_answered_update_is_lost_or_counts_twice()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var wrong = EventualWorld.Play(seed, EventualRules.AllOn);
            Assert.True(wrong is null, $"seed {seed}: {wrong}");
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_a_rule_it_goes_wrong(string rule)
    {
        var broken = new EventualRules();
        typeof(EventualRules).GetProperty(rule)!.SetValue(broken, false);
        // The one that found a fault comes first.
        Assert.Contains(Enumerable.Range(1, Seeds).OrderBy(seed => seed != 8), seed => EventualWorld.Play(seed, broken) is not null);
    }
}
