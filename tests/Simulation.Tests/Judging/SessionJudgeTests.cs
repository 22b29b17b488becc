using AkkaHa.Judge;
using AkkaHa.Judge.Sessions;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class SessionJudgeTests
{
    private static SessionAnswer Alive(long asked, long answered) => new("s", true, asked, answered, "a");

    private static SessionAnswer Over(long asked, long answered) => new("s", false, asked, answered, "b");

    [Fact]
    public void A_session_that_ends_while_it_is_kept_alive_is_bad()
    {
        Assert.Single(SessionJudge.Judge([new SessionLife("s", SafeUntil: 10, ClosedAt: Time.Never, SeenEndedAt: 9)]));
        Assert.Empty(SessionJudge.Judge([new SessionLife("s", 10, Time.Never, 10), new SessionLife("t", 10, ClosedAt: 4, SeenEndedAt: 5)]));
    }

    [Fact]
    public void A_session_that_ended_too_early_is_bad_though_it_was_closed_later() =>
        Assert.Single(SessionJudge.Judge([new SessionLife("s", SafeUntil: 10, ClosedAt: 7, SeenEndedAt: 6)]));

    [Fact]
    public void A_keepalive_that_succeeds_after_the_end_was_told_is_bad() => Assert.Single(SessionJudge.Answers([Alive(0, 1), Over(5, 6), Alive(7, 8)]));

    [Fact]
    public void A_keepalive_at_the_same_time_as_the_end_is_good() => Assert.Empty(SessionJudge.Answers([Alive(0, 1), Over(5, 8), Alive(7, 9), Over(10, 11)]));

    [Fact]
    public void Each_session_is_judged_by_itself() => Assert.Empty(SessionJudge.Answers([Over(5, 6), Alive(7, 8) with { SessionId = "t" }]));
}
