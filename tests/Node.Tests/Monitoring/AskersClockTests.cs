using AkkaHa.Messages.Internal;
using AkkaHa.Node.Monitoring;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

/// <summary>Nodes whose clocks differ tell one story.</summary>
public sealed class AskersClockTests
{
    private const long Now = 1_000_000_000;

    private readonly AskersClock clock = new();
    private long askedSince = -1;

    [Theory]
    [InlineData(60_000)]
    [InlineData(-60_000)]
    [InlineData(400_000)]
    public void What_happened_a_moment_ago_is_told_as_that_however_wrong_a_clock_is(long ahead)
    {
        var told = Tell(ahead, sinceMs: Now - 15_000);
        Assert.Equal(Now + ahead - 15_000, askedSince);
        Assert.Equal((Now - 5000) / 1000, Assert.Single(told.Slots).AtSeconds);
        Assert.Equal((Now - 4000, Now - 3000), (told.Events[0].AtMs, told.Events[0].LastMs));
        Assert.Equal((Now - 4000, 0), (told.Failovers[0].FromMs, told.Failovers[0].UntilMs));
        Assert.Equal((Now - 4000, Now - 4000), (told.Moves[0].AtMs, told.Gone[0].AtMs));
    }

    [Fact]
    public void A_slot_is_told_under_one_time_though_the_way_takes_now_more_now_less()
    {
        long[] ahead = [62_400, 62_600, 62_400, 63_000];
        Assert.Single(ahead.Select(a => ((Now + a - 5000) / 1000) - Tell(a, 1).Slots[0].AtSeconds).Distinct());
    }

    [Fact]
    public void Where_clocks_agree_or_the_asker_does_not_say_its_time_nothing_is_changed()
    {
        Tell(3000, sinceMs: 77);
        Assert.Equal(77, askedSince);
        clock.Tell("old", new HistoryQuery { SinceMs = 78 }, Now + 900_000, Report(900_000));
        Assert.Equal(78, askedSince);
    }

    private HistoryReport Tell(long ahead, long sinceMs) => clock.Tell("a", new HistoryQuery { SinceMs = sinceMs, NowMs = Now }, Now + ahead, Report(ahead));

    private Func<long, HistoryReport> Report(long ahead) => since =>
    {
        askedSince = since;
        var own = Now + ahead;
        return new HistoryReport
        {
            Slots = { new HistorySlot { AtSeconds = (own - 5000) / 1000 } }, Events = { new HistoryEvent { AtMs = own - 4000, LastMs = own - 3000 } }, Moves = { new ShardMoved { AtMs = own - 4000 } },
            Failovers = { new FailoverSeen { FromMs = own - 4000 } }, Gone = { new MemberGone { AtMs = own - 4000 } },
        };
    };
}
