using AkkaHa.Judge.Locks;
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

    private static LockGrantSeen As(LockUse use, string holder, long fence, int permits = 0) =>
        Grant(holder, fence, fence, fence, 100) with { Use = use, Permits = permits, Limit = use == LockUse.Semaphore ? 3 : 0 };

    [Theory]
    [InlineData(LockUse.Shared, LockUse.Shared, true)]
    [InlineData(LockUse.Shared, LockUse.Upgradeable, true)]
    [InlineData(LockUse.Upgradeable, LockUse.Shared, true)]
    [InlineData(LockUse.Upgradeable, LockUse.Upgradeable, false)]
    [InlineData(LockUse.Exclusive, LockUse.Shared, false)]
    [InlineData(LockUse.Shared, LockUse.Exclusive, false)]
    [InlineData(LockUse.Shared, LockUse.Semaphore, false)]
    public void Only_what_goes_together_is_had_together(LockUse first, LockUse second, bool good) =>
        Assert.Equal(good ? [] : ["one holder at a time"], Judge(As(first, "a", 1), As(second, "b", 2)));

    [Fact]
    public void A_writer_beside_the_second_of_two_readers_is_bad() =>
        Assert.Equal(["one holder at a time"], Judge(As(LockUse.Shared, "a", 1), Grant("b", 2, 2, 3, 4) with { Use = LockUse.Shared }, Grant("c", 3, 5, 6, 9)));

    [Fact]
    public void More_permits_than_there_are_are_bad()
    {
        Assert.Empty(Judge(As(LockUse.Semaphore, "a", 1, 1), As(LockUse.Semaphore, "b", 2, 2)));
        Assert.Equal(["no more permits than there are"], Judge(As(LockUse.Semaphore, "a", 1, 1), As(LockUse.Semaphore, "b", 2, 1), As(LockUse.Semaphore, "c", 3, 2)));
    }

    [Fact]
    public void An_upgrade_has_a_fence_of_its_own_and_is_no_second_holder()
    {
        var before = Grant("a", 1, 0, 1, 6) with { Use = LockUse.Upgradeable };
        Assert.Empty(Judge(before, Grant("a", 2, 3, 5, 9) with { IsUpgrade = true }));
        Assert.Equal(["one holder at a time"], Judge(before, As(LockUse.Shared, "b", 2), Grant("a", 3, 3, 5, 9) with { IsUpgrade = true }));
    }

    private static int Overtaken(params (QueueStep Step, string Request)[] steps) => QueueJudge.Judge(steps.Select(s => new QueueEvent("l", s.Step, s.Request))).Count();

    [Fact]
    public void Who_comes_first_is_served_first()
    {
        Assert.Equal(0, Overtaken((QueueStep.Granted, "a"), (QueueStep.Enqueued, "b"), (QueueStep.Enqueued, "c"), (QueueStep.Granted, "b"), (QueueStep.Granted, "c"), (QueueStep.Granted, "d")));
        Assert.Equal(0, Overtaken((QueueStep.Enqueued, "b"), (QueueStep.Enqueued, "c"), (QueueStep.Left, "b"), (QueueStep.Granted, "c")));
        Assert.Equal(1, Overtaken((QueueStep.Enqueued, "b"), (QueueStep.Enqueued, "c"), (QueueStep.Granted, "c"), (QueueStep.Granted, "b")));
        Assert.Equal(1, Overtaken((QueueStep.Enqueued, "b"), (QueueStep.Granted, "c"), (QueueStep.Granted, "b")));
    }

    [Fact]
    public void The_longest_holder_hides_no_other() =>
        Assert.Contains("one holder at a time", Judge(Grant("a", 1, 0, 1, 100), Grant("a", 1, 0, 2, 50), Grant("b", 2, 3, 4, 6), Grant("c", 3, 5, 5, 90)));

    [Fact]
    public void A_look_that_shows_an_older_fence_than_one_before_is_bad()
    {
        FenceSeen granted = new("l", 2, 0, 5, "a");
        Assert.Empty(FenceJudge.Reads([granted], [new("l", 1, 4, 9, "b"), new("l", 2, 6, 7, "c"), new("m", 0, 6, 7, "c")]));
        Assert.Single(FenceJudge.Reads([granted], [new("l", 1, 6, 7, "b")]));
        Assert.Single(FenceJudge.Reads([], [new("l", 3, 1, 2, "b"), new("l", 2, 3, 4, "c")]));
    }

    [Fact]
    public void A_write_under_a_fence_that_was_given_back_is_bad()
    {
        FenceReleased released = new("l", 1, 10);
        Assert.Empty(FenceJudge.Guards([], [released], [new("l", 1, 9, "a"), new("l", 2, 20, "b")]));
        Assert.Single(FenceJudge.Guards([], [released], [new("l", 1, 11, "a")]));
    }

    [Fact]
    public void A_write_under_a_fence_after_a_later_one_was_granted_is_bad()
    {
        FenceSeen[] grants = [new("l", 1, 0, 1, "a"), new("l", 2, 5, 6, "b")];
        Assert.Empty(FenceJudge.Guards(grants, [], [new("l", 1, 6, "a"), new("l", 2, 7, "b")]));
        Assert.Single(FenceJudge.Guards(grants, [], [new("l", 1, 7, "a")]));
    }
}
