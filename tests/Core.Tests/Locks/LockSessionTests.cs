using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockSessionTests
{
    private static int Questions(Then then) => then.Sent.Count(s => s.Command.AskLiveness is not null);

    [Fact]
    public void The_end_of_the_session_frees_the_lock_and_is_acknowledged()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 30);
        var gone = scenario.When(Gone(1));
        Assert.Equal([Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], gone.Kinds);
        Assert.Equal(2, gone.ReplyTo(waiting).LockGrant.Fence);
        Assert.Equal(Session(1), Assert.Single(gone.Sent, s => s.Command.SessionGoneSeen is not null).Command.SessionGoneSeen.SessionId);
    }

    /// <summary>It had promised to live for longer; while its end waits for a transaction, its other calls must not go by that.</summary>
    [Fact]
    public void A_session_whose_end_has_been_told_gets_nothing_more_though_its_old_holding_is_still_there()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, Messages.V1.LockMode.Shared);
        scenario.When(Guard("t", 1));
        scenario.When(Gone(1));
        var late = scenario.When(Acquire(1, 9, mode: Messages.V1.LockMode.Shared));
        Assert.False(late.Answers(late));
        Assert.Equal(Messages.V1.ErrorCode.SessionExpired, scenario.When(Alive(1, remainingMs: 0)).ReplyTo(late).Failure.Code);
    }

    [Fact]
    public void The_end_of_a_session_that_has_nothing_here_is_acknowledged() =>
        Assert.Single(Held().When(Gone(9)).Sent, s => s.Command.SessionGoneSeen is not null);

    [Fact]
    public void Silence_ends_nothing()
    {
        var scenario = Held();
        for (var second = 0; second < 300; second++)
        {
            var tick = scenario.WhenTimePasses(1000);
            Assert.Empty(tick.Events);
        }
        Assert.Single(scenario.When(State).Reply().Lock.Holders);
    }

    [Theory]
    [InlineData(10_000, 5000)]
    [InlineData(4000, 2000)]
    [InlineData(60_000, 5000)]
    public void The_holder_is_asked_again_every_half_of_what_it_has_left_and_every_5_s(long remainingMs, long againMs)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1));
        scenario.When(Alive(1, remainingMs));
        Assert.Equal(0, Questions(scenario.WhenTimePasses(againMs - 1)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(1)));
    }

    [Theory]
    [InlineData(60_000, 20_000, 20_000)]
    [InlineData(10_000, 20_000, 5000)]
    [InlineData(60_000, 1000, 5000)]
    public void A_slot_with_much_to_tell_is_asked_less_often_but_while_its_word_lasts(long remainingMs, uint recheckMs, long againMs)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1));
        var word = Alive(1, remainingMs);
        word.Liveness.RecheckMs = recheckMs;
        scenario.When(word);
        Assert.Equal(0, Questions(scenario.WhenTimePasses(againMs - 1)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(1)));
    }

    /// <summary>Else a slot that is slow to answer gets ten times the questions.</summary>
    [Fact]
    public void While_the_word_lasts_a_question_without_an_answer_is_not_pressed()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1));
        scenario.When(Alive(1, remainingMs: 20_000));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(5000)));
        Assert.Equal(0, Questions(scenario.WhenTimePasses(4999)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(1)));
        // Half of the 10 s that are left, then half of 5 s, and when the word is over, every 500 ms.
        Assert.Equal(1, Questions(scenario.WhenTimePasses(5000)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(5000)));
        Assert.Equal(0, Questions(scenario.WhenTimePasses(499)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(1)));
    }

    /// <summary>The question before was lost, and this is the answer to it, come late: it said less than was promised since.</summary>
    [Fact]
    public void An_answer_does_not_take_back_what_was_promised()
    {
        var scenario = Held();
        scenario.WhenTimePasses(5000);
        scenario.When(Alive(1, remainingMs: 1000));
        scenario.WhenTimePasses(3900);
        Assert.Single(scenario.When(Guard("t", 1)).Events, e => e.Prepared is not null);
    }

    [Fact]
    public void Once_the_end_was_told_a_lost_question_is_soon_asked_again()
    {
        var scenario = Held();
        Assert.Equal(1, Questions(scenario.WhenTimePasses(5000)));
        scenario.When(Guard("t", 1));
        scenario.When(Gone(1));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(500)));
    }

    [Fact]
    public void A_question_without_an_answer_is_asked_again()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1));
        Assert.Equal(0, Questions(scenario.WhenTimePasses(499)));
        Assert.Equal(1, Questions(scenario.WhenTimePasses(1)));
    }

    [Fact]
    public void After_a_restart_all_sessions_are_asked()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        Assert.Equal(2, Questions(scenario.Restart(epoch: 2).When(State)));
        var gone = scenario.When(Alive(1, remainingMs: 0));
        Assert.Equal([Event.BodyOneofCase.LockReleased], gone.Kinds);
    }

    [Fact]
    public void A_session_with_nothing_left_here_is_told_so_once()
    {
        var scenario = Held();
        Assert.Equal(Session(1), Assert.Single(scenario.When(Release(1, 1)).Sent, s => s.Command.Detach is not null).Command.Detach.SessionId);
        Assert.True(scenario.Entity.IsIdle);
        Assert.Null(scenario.Entity.WakeAtMs);
    }

    [Fact]
    public void A_full_session_gets_no_lock()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        var full = Alive(1);
        full.Liveness.Full = true;
        Assert.Equal(Messages.V1.ErrorCode.LimitExceeded, scenario.When(full).ReplyTo(asked).Failure.Code);
    }

    [Fact]
    public void What_was_said_before_the_question_does_not_count_as_its_answer()
    {
        var scenario = Held();
        // A second answer to the one question: nobody asked for it.
        scenario.After(9000).When(Alive(1), Alive(1, 60_000));
        scenario.When(Release(1, 1));
        var next = scenario.After(10_000).When(Acquire(1, 2));
        Assert.False(next.Answers(next));
    }

    [Fact]
    public void A_late_answer_to_an_earlier_question_is_none_to_a_later_one()
    {
        var scenario = Scenario.Fresh(Id);
        var first = Question(scenario.When(Acquire(1, 1)));
        var second = Question(scenario.WhenTimePasses(500));
        Assert.NotEqual(first, second);
        scenario.When(Answer(1, first));
        scenario.When(Release(1, 1));
        // A new question, 30 s later; what comes is the answer to the second of those before, and says how things were then.
        var asked = scenario.After(30_000).When(Acquire(1, 2));
        Assert.Empty(scenario.When(Answer(1, second)).Events);
        var full = Answer(1, second);
        full.Liveness.Full = true;
        Assert.False(scenario.When(full).Answers(asked));
        Assert.Equal(2, scenario.When(Answer(1, Question(asked))).ReplyTo(asked).LockGrant.Fence);
    }

    [Fact]
    public void An_answer_to_what_an_earlier_activation_asked_is_none()
    {
        var scenario = Scenario.Fresh(Id);
        var before = Question(scenario.When(Acquire(1, 1)));
        scenario.After(30_000).Restart(epoch: 2);
        var asked = scenario.When(Acquire(1, 1));
        Assert.Empty(scenario.When(Answer(1, before)).Events);
        Assert.Single(scenario.When(Answer(1, Question(asked))).Kinds, Event.BodyOneofCase.LockGranted);
    }

    [Fact]
    public void A_node_of_the_version_before_does_not_say_which_question_it_answers()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        Assert.Equal(1, scenario.When(Answer(1, 0)).ReplyTo(asked).LockGrant.Fence);
    }

    private static ulong Question(Then then) => then.Sent.Single(s => s.Command.AskLiveness is not null).Command.AskLiveness.Question;

    private static Command Answer(byte session, ulong question)
    {
        var answer = Alive(session);
        answer.Liveness.Question = question;
        return answer;
    }

    [Fact]
    public void A_lock_that_is_held_does_not_sleep()
    {
        Assert.False(Held().Entity.IsIdle);
        var asked = Scenario.Fresh(Id);
        asked.When(Acquire(1, 1));
        Assert.False(asked.Entity.IsIdle);
    }

    /// <summary>The question goes out at once, and so before the leaving that was decided first: it waits for the release to be durable.</summary>
    [Fact]
    public void A_lock_that_is_let_go_and_asked_for_again_at_once_hears_of_the_end_of_the_session()
    {
        var slot = Scenario.Fresh(EntityId.SessionSlot(4));
        slot.When(new Command { CreateSession = new CreateSession { SessionId = Session(1), Request = new CreateSessionRequest() }, RequestId = Make.RequestId(number: 50), Attempt = 1 });
        var scenario = Held();
        var again = scenario.When(Release(1, 1), Acquire(1, 2, wait: 30, holderId: "another"));
        foreach (var (_, command) in again.Sent) slot.When(command);
        var close = slot.When(new Command { CloseSession = new CloseSessionRequest { SessionId = Session(1) }, RequestId = Make.RequestId(number: 51), Attempt = 1 });
        Assert.Equal(Id, Assert.Single(close.Sent, s => s.Command.SessionGone is not null).To);
    }
}
