using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

public sealed class TakingTests
{
    private static readonly NodeRow Taker = new("me", 5, false);

    private static readonly NodeRow Holder = new("it", 7, false);

    [Fact]
    public void A_shard_that_nobody_holds_is_taken() => Assert.Equal(TakeVerdict.Take, Decide(null, null, null));

    [Fact]
    public void One_that_the_taker_holds_is_taken_again_since_it_may_not_know() => Assert.Equal(TakeVerdict.Take, Decide("me", Taker, null));

    [Theory]
    [InlineData(null)]
    [InlineData("me")]
    [InlineData("it")]
    public void A_fenced_taker_gets_nothing(string? holder) =>
        Assert.Equal(TakeVerdict.TakerFenced, Taking.Decide(RuleSwitches.AllOn, Taker with { Fenced = true }, holder, holder is null ? null : Holder, 7));

    [Fact]
    public void One_whose_holder_has_no_row_is_taken() => Assert.Equal(TakeVerdict.Take, Decide("it", null, null));

    [Fact]
    public void A_holder_that_was_not_seen_to_run_out_keeps_it() => Assert.Equal(TakeVerdict.Held, Decide("it", Holder, null));

    [Fact]
    public void A_holder_that_has_renewed_since_keeps_it() => Assert.Equal(TakeVerdict.Held, Decide("it", Holder, 6));

    [Fact]
    public void A_holder_that_ran_out_is_fenced_with_it() => Assert.Equal(TakeVerdict.TakeAndFence, Decide("it", Holder, 7));

    [Fact]
    public void Being_fenced_does_not_shorten_the_wait() => Assert.Equal(TakeVerdict.Held, Decide("it", Holder with { Fenced = true }, null));

    [Fact]
    public void Who_is_fenced_already_is_not_fenced_again() => Assert.Equal(TakeVerdict.Take, Decide("it", Holder with { Fenced = true }, 7));

    [Fact]
    public void Switched_off_it_does_not_wait() =>
        Assert.Equal(TakeVerdict.TakeAndFence, Taking.Decide(RuleSwitches.AllOn with { WaitOutLease = false }, Taker, "it", Holder, null));

    [Fact]
    public void Switched_off_it_does_not_fence() =>
        Assert.Equal(TakeVerdict.Take, Taking.Decide(RuleSwitches.AllOn with { FenceInTaking = false }, Taker, "it", Holder, 7));

    [Theory]
    [InlineData(true, TakeVerdict.Take)]
    [InlineData(false, TakeVerdict.Held)]
    public void Given_a_coordinator_whose_lease_runs_When_another_wants_its_place_Then_the_fence_is_enough(bool fenced, TakeVerdict expected) =>
        Assert.Equal(expected, Taking.Decide(RuleSwitches.AllOn, Taker, "it", Holder with { Fenced = fenced }, null, answers: false));

    private static TakeVerdict Decide(string? holder, NodeRow? row, long? expiredAt) => Taking.Decide(RuleSwitches.AllOn, Taker, holder, row, expiredAt);
}
