using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Totals;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class LockJudgeTests
{
    private static LockGrantSeen Grant(string holder, long fence, long asked, long granted, long until) => new("l", holder, fence, asked, granted, until);

    private static IEnumerable<string> Judge(params LockGrantSeen[] grants) => LockJudge.Judge(grants, []).Select(v => v.Promise);

    [Fact]
    public void One_holder_after_the_other_is_good() => Assert.Empty(Judge(Grant("a", 1, 0, 1, 5), Grant("b", 2, 2, 6, 9), Grant("c", 4, 10, 11, 12)));

    [Fact]
    public void Two_holders_at_once_are_bad() => Assert.Contains("one holder at a time", Judge(Grant("a", 1, 0, 1, 5), Grant("b", 2, 2, 4, 9)));

    [Fact]
    public void An_answer_that_comes_after_the_session_may_have_ended_makes_no_holder() => Assert.Empty(Judge(Grant("a", 2, 0, 6, 9), Grant("b", 1, 0, 8, 5)));

    [Fact]
    public void A_fence_given_twice_is_bad() => Assert.Contains("every grant has its own fence", Judge(Grant("a", 1, 0, 1, 5), Grant("b", 1, 6, 7, 9)));

    [Fact]
    public void A_fence_that_falls_is_bad() => Assert.Contains("fences grow", Judge(Grant("a", 3, 0, 1, 5), Grant("b", 2, 6, 7, 9)));

    [Fact]
    public void A_repeat_with_another_fence_is_bad() => Assert.Contains("a repeat gets the same grant", Judge(Grant("a", 1, 0, 1, 5), Grant("a", 2, 2, 3, 5)));

    [Fact]
    public void A_write_of_an_older_fence_after_one_of_a_newer_is_bad()
    {
        Assert.Empty(LockJudge.Judge([], [new("l", 1, "x"), new("l", 1, "y"), new("l", 3, "z")]));
        Assert.Single(LockJudge.Judge([], [new("l", 1, "x"), new("l", 3, "y"), new("l", 1, "z")]));
    }

    [Fact]
    public void A_session_that_ends_while_it_is_kept_alive_is_bad()
    {
        Assert.Single(SessionJudge.Judge([new SessionLife("s", SafeUntil: 10, ClosedAt: Time.Never, SeenEndedAt: 9)]));
        Assert.Empty(SessionJudge.Judge([new SessionLife("s", 10, Time.Never, 10), new SessionLife("t", 10, ClosedAt: 4, SeenEndedAt: 5)]));
    }

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
}
