using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>Who takes a lock again and again is not asked about each time (ADR 0034).</summary>
public sealed class LockKeptWordTests
{
    private static int Questions(Then then) => then.Sent.Count(s => s.Command.AskLiveness is not null);

    private static bool Leaves(Then then) => then.Sent.Any(s => s.Command.Detach is not null);

    private static Command Word(long remainingMs = 10_000, bool keep = true)
    {
        var word = Alive(1, remainingMs);
        word.Liveness.KeepWord = keep;
        return word;
    }

    /// <summary>Had and given back by session 1, with fence 1.</summary>
    private static Scenario GivenBack(long remainingMs = 10_000, bool keep = true, bool leaves = false)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1));
        scenario.When(Word(remainingMs, keep));
        Assert.Equal(leaves, Leaves(scenario.When(Release(1, 1))));
        return scenario;
    }

    [Fact]
    public void A_lock_that_was_just_given_back_is_given_to_the_same_session_without_a_question()
    {
        var scenario = GivenBack();
        for (var turn = 2; turn < 9; turn++)
        {
            scenario.WhenTimePasses(900);
            var taken = scenario.When(Acquire(1, (byte)turn));
            Assert.Equal(turn, taken.ReplyTo(taken).LockGrant.Fence);
            Assert.False(Leaves(scenario.When(Release(1, turn, request: (byte)(100 + turn)))));
        }
    }

    [Fact]
    public void After_a_second_it_leaves_and_asks_anew()
    {
        var scenario = GivenBack();
        Assert.False(Leaves(scenario.WhenTimePasses(999)));
        Assert.True(Leaves(scenario.WhenTimePasses(1)));
        Assert.Null(scenario.Entity.WakeAtMs);
        var asked = scenario.When(Acquire(1, 2));
        Assert.False(asked.Answers(asked));
        Assert.Equal(1, Questions(asked));
    }

    [Fact]
    public void Nobody_asks_for_what_is_only_kept()
    {
        var over = GivenBack(remainingMs: 1400).WhenTimePasses(1000);
        Assert.Equal(0, Questions(over));
        Assert.True(Leaves(over));
    }

    [Fact]
    public void It_lasts_no_longer_than_the_session_said()
    {
        var scenario = GivenBack(remainingMs: 600);
        scenario.WhenTimePasses(600);
        var asked = scenario.When(Acquire(1, 2));
        Assert.False(asked.Answers(asked));
        Assert.Equal(1, Questions(asked));
    }

    [Fact]
    public void A_session_that_has_many_locks_or_whose_node_does_not_know_of_it_is_left_at_once() => GivenBack(keep: false, leaves: true);

    [Fact]
    public void Another_session_is_asked_about()
    {
        var asked = GivenBack().When(Acquire(2, 2));
        Assert.False(asked.Answers(asked));
        Assert.Equal(1, Questions(asked));
    }

    [Fact]
    public void Once_the_end_was_told_it_counts_no_more()
    {
        var scenario = GivenBack();
        Assert.Single(scenario.When(Gone(1)).Sent, s => s.Command.SessionGoneSeen is not null);
        var late = scenario.When(Acquire(1, 2));
        Assert.False(late.Answers(late));
        Assert.Equal(ErrorCode.SessionExpired, scenario.When(Alive(1, remainingMs: 0)).ReplyTo(late).Failure.Code);
    }

    [Fact]
    public void A_planned_stop_leaves_nothing_attached()
    {
        var scenario = GivenBack();
        Assert.True(scenario.Entity.HasUnstored);
        var left = scenario.Entity.Decide([], scenario.Now, leaving: true);
        Assert.Single(left.Afterwards.OfType<Core.Entities.SendEffect>(), s => s.Command.Detach is not null);
        Assert.Empty(left.Rows);
        Assert.False(scenario.Entity.HasUnstored);
    }
}
