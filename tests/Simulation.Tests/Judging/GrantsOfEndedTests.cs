using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Sessions;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class GrantsOfEndedTests
{
    private static LockGrantSeen Grant(string session, long fence, long asked, long granted) => new("l", $"{session}/h", fence, asked, granted, granted);

    private static IEnumerable<Violation> Judge(LockGrantSeen[] grants, params (long Fence, long InvokedAt)[] releases) =>
        GrantsOfEnded.Judge(grants, releases.Select(r => ("l", r.Fence, r.InvokedAt)), [new SessionEndTold("s", 10), new SessionEndTold("s", 12)]);

    [Fact]
    public void A_grant_that_was_asked_for_after_the_end_was_told_is_bad()
    {
        Assert.Single(Judge([Grant("s", 1, 11, 12)]));
        Assert.Empty(Judge([Grant("other", 1, 11, 12), Grant("never", 2, 13, 14)]));
    }

    [Fact]
    public void A_lock_may_rely_on_what_one_said_that_was_closed_then_for_its_time_to_live() => Assert.Equal((10L, 15L),
        (SessionEndTold.Of("s", 10, mayBeClosed: false, 5).AnsweredAt, SessionEndTold.Of("s", 10, mayBeClosed: true, 5).AnsweredAt));

    [Fact]
    public void One_that_was_asked_for_before_may_have_been_made_before_however_late_its_answer_comes() => Assert.Empty(Judge([Grant("s", 1, 9, 99)]));

    [Fact]
    public void One_that_came_after_a_grant_that_was_asked_for_later_is_bad() => Assert.Single(Judge([Grant("other", 1, 11, 12), Grant("s", 2, 9, 99)]));

    [Fact]
    public void One_that_came_after_a_release_that_was_asked_for_later_is_bad()
    {
        Assert.Single(Judge([Grant("other", 1, 1, 2), Grant("s", 2, 9, 99)], (1, 11)));
        Assert.Empty(Judge([Grant("other", 1, 1, 2), Grant("s", 2, 9, 99)], (1, 10), (2, 50)));
    }
}
