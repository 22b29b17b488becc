using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Sessions;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class GuardsOfEndedTests
{
    [Theory]
    [InlineData(100, false)]
    [InlineData(101, true)]
    public void A_write_that_began_after_the_end_was_known_is_a_violation(long invokedAt, bool isRed) =>
        Assert.Equal(isRed, GuardsOfEnded.Judge([(new GuardPassed("l", 1, invokedAt, "c"), "s")], [new SessionEndTold("s", 100), new SessionEndTold("other", 5)]).Any());
}
