using AkkaHa.Judge.Totals;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class TotalJudgeTests
{
    [Fact]
    public void Money_that_is_made_or_lost_is_seen()
    {
        Assert.Empty(TotalJudge.Money(10, [new Balance("r", 1, [4, 6]), new Balance("r", 1, [10, 0])]));
        Assert.Single(TotalJudge.Money(10, [new Balance("r", 1, [4, 5])]));
    }

    [Fact]
    public void A_counter_is_between_what_is_known_and_what_is_possible()
    {
        Assert.Empty(TotalJudge.Counters([new CounterTotal("c", 5, 5, 0), new CounterTotal("d", 6, 5, 1)]));
        Assert.Equal(["nothing acknowledged is lost", "exactly once"], TotalJudge.Counters([new CounterTotal("c", 4, 5, 0), new CounterTotal("d", 7, 5, 1)]).Select(v => v.Promise));
    }

    [Fact]
    public void One_torn_read_of_a_hundred_accounts_is_seen()
    {
        var accounts = Enumerable.Repeat(1000L, 100).ToArray();
        var torn = accounts.ToArray();
        torn[17] -= 5;
        var reads = Enumerable.Range(0, 50).Select(i => new Balance("r", i, i == 31 ? torn : accounts));
        Assert.Equal("money is conserved", Assert.Single(TotalJudge.Money(100_000, reads)).Promise);
    }

    [Fact]
    public void An_acknowledged_transfer_that_is_lost_or_done_twice_is_seen_though_the_sum_is_right()
    {
        Transfer[] transfers = [new("a", 0, 1, 5, true), new("b", 1, 2, 3, false)];
        Assert.Empty(TotalJudge.Ledger(10, transfers, [5, 15, 10]));
        Assert.Equal(2, TotalJudge.Ledger(10, transfers, [10, 10, 10]).Count());
        Assert.Equal(2, TotalJudge.Ledger(10, transfers, [0, 20, 10]).Count());
        Assert.Equal(2, TotalJudge.Ledger(10, transfers, [5, 12, 13]).Count());
    }

    [Fact]
    public void A_transfer_whose_outcome_is_not_known_may_be_in_or_not()
    {
        Transfer[] transfers = [new("a", 0, 1, 5, null)];
        Assert.Empty(TotalJudge.Ledger(10, transfers, [10, 10]));
        Assert.Empty(TotalJudge.Ledger(10, transfers, [5, 15]));
        Assert.NotEmpty(TotalJudge.Ledger(10, transfers, [4, 16]));
    }
}
