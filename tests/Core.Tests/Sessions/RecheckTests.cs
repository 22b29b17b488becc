using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Sessions;

/// <summary>How often a lock is to ask again whether a session lives.</summary>
public sealed class RecheckTests
{
    private static readonly string Session = SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)).Text;

    private static Command Ask(int number) => Make.From(EntityId.Lock($"l{number}"), new Command { AskLiveness = new AskLiveness { SessionId = Session } });

    private static uint RecheckMs(Scenario slot)
    {
        slot.WhenTimePasses(200);
        return Assert.Single(slot.When(Ask(0)).Sent).Command.Liveness.RecheckMs;
    }

    private static IEnumerable<string> Locks(Scenario slot) => slot.When(new Command { GetSession = new GetSessionRequest { SessionId = Session } }).Reply().Session.Locks;

    private static Scenario Slot()
    {
        var slot = Scenario.Fresh(EntityId.SessionSlot(4));
        slot.When(new Command { CreateSession = new CreateSession { SessionId = Session, Request = new CreateSessionRequest { TtlSeconds = 60 } }, RequestId = Make.RequestId(number: 1), Attempt = 1 });
        return slot;
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(400, 20_000)]
    [InlineData(1000, 30_000)]
    public void The_more_locks_rest_on_sessions_of_a_slot_the_less_often_each_is_to_ask(int locks, uint recheckMs)
    {
        var slot = Slot();
        for (var i = 0; i < locks; i++) slot.When(Ask(i));
        Assert.Equal(recheckMs, RecheckMs(slot));
    }

    [Fact]
    public void The_word_of_a_session_may_be_kept_while_it_has_few_locks()
    {
        var slot = Slot();
        for (var i = 0; i < (Limits.LocksPerSession / 5) - 1; i++) Assert.True(Assert.Single(slot.When(Ask(i)).Sent).Command.Liveness.KeepWord);
        Assert.False(Assert.Single(slot.When(Ask(-1)).Sent).Command.Liveness.KeepWord);
    }

    /// <summary>It ended with its node, in the second in which it kept the word.</summary>
    [Fact]
    public void A_lock_that_has_not_asked_for_90_s_is_attached_no_more()
    {
        var slot = Slot();
        slot.When(Ask(1));
        for (var second = 0; second < 101; second++)
        {
            slot.WhenTimePasses(1000);
            slot.When(new Command { KeepAlive = new KeepAliveRequest { SessionId = Session } });
            if (second == 30) slot.When(Ask(2));
            if (second == 88) Assert.Equal(["l1", "l2"], Locks(slot));
        }
        Assert.Equal(["l2"], Locks(slot));
    }

    [Fact]
    public void Locks_that_have_left_do_not_count()
    {
        var slot = Slot();
        for (var i = 0; i < 400; i++) slot.When(Ask(i));
        for (var i = 1; i < 400; i++) slot.When(Make.From(EntityId.Lock($"l{i}"), new Command { Detach = new Detach { SessionId = Session } }));
        Assert.Equal(50u, RecheckMs(slot));
    }
}
