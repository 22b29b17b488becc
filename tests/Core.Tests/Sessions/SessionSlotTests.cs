using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Sessions;

public sealed class SessionSlotTests
{
    private static readonly EntityId Slot = EntityId.SessionSlot(4);
    private static readonly EntityId Lock = EntityId.Lock("l");

    private static string Id(byte number) => SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)).Text;

    private static Command Create(byte number, double ttl = 5, uint attempt = 1, byte? request = null) => new()
    {
        CreateSession = new CreateSession { SessionId = Id(number), Request = new CreateSessionRequest { TtlSeconds = ttl } },
        RequestId = Make.RequestId(number: request ?? number), Attempt = attempt,
    };

    private static Command KeepAlive(byte number = 1) => new() { KeepAlive = new KeepAliveRequest { SessionId = Id(number) } };

    private static Command Get(byte number = 1) => new() { GetSession = new GetSessionRequest { SessionId = Id(number) } };

    private static Command Close(byte number = 1, uint attempt = 1) => new() { CloseSession = new CloseSessionRequest { SessionId = Id(number) }, RequestId = Make.RequestId(number: 77), Attempt = attempt };

    private static Command Ask(byte number = 1) => Make.From(Lock, new Command { AskLiveness = new AskLiveness { SessionId = Id(number) } });

    private static Command Seen(byte number = 1) => Make.From(Lock, new Command { SessionGoneSeen = new SessionGoneSeen { SessionId = Id(number) } });

    private static Command Guard(string id) => Make.Prepare(id, conditions: [new Condition { Session = Id(1) }]);

    private static Scenario Open(double ttl = 5)
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(Create(1, ttl));
        return slot;
    }

    /// <summary>Lets time pass as it does: with a tick whenever one is wanted.</summary>
    private static List<Event> Pass(Scenario slot, long ms, Func<Then, bool>? until = null)
    {
        var events = new List<Event>();
        for (var end = slot.Now.MonoMs + ms; slot.Now.MonoMs < end;)
        {
            var then = slot.WhenTimePasses(Math.Clamp((slot.Entity.WakeAtMs ?? end) - slot.Now.MonoMs, 1, end - slot.Now.MonoMs));
            events.AddRange(then.Events);
            if (until?.Invoke(then) == true) break;
        }
        return events;
    }

    [Fact]
    public void A_session_that_is_not_kept_alive_ends_after_its_time_to_live_and_not_before()
    {
        var slot = Open();
        Assert.Empty(Pass(slot, 4999));
        Assert.Equal("expiry", Assert.Single(Pass(slot, 201)).SessionEnded.Reason);
        Assert.Equal(ErrorCode.SessionExpired, slot.When(KeepAlive()).Code());
        Assert.Null(Pass(slot, 500).FirstOrDefault());
    }

    [Fact]
    public void A_keepalive_starts_the_time_again_and_writes_nothing()
    {
        var slot = Open();
        for (var i = 0; i < 10; i++)
        {
            Assert.Empty(Pass(slot, 4000));
            var alive = slot.When(KeepAlive());
            Assert.Equal(5, alive.Reply().KeepAlive.TtlSeconds);
            Assert.Empty(alive.Batch.Rows);
        }
    }

    [Fact]
    public void Left_out_the_time_to_live_is_the_default() =>
        Assert.Equal(Limits.SessionTtlDefaultSeconds, Scenario.Fresh(Slot).When(Create(1, ttl: 0)).Reply().CreateSession.TtlSeconds);

    [Fact]
    public void A_repeat_gets_the_first_session_whatever_id_the_node_made()
    {
        var slot = Open();
        var repeat = slot.When(Create(2, attempt: 2, request: 1));
        Assert.Empty(repeat.Batch.Rows);
        Assert.Equal(Id(1), repeat.Reply().CreateSession.SessionId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_activation_starts_the_whole_time_anew(bool snapshot)
    {
        var slot = Open();
        Pass(slot, 4900);
        if (snapshot) slot.RestartFromSnapshot(epoch: 2);
        else slot.Restart(epoch: 2);
        slot.When(new Command { Wake = new Wake() });
        Assert.Empty(Pass(slot, 4999));
        Assert.Single(Pass(slot, 201));
    }

    [Fact]
    public void A_timer_that_fires_late_adds_the_lateness()
    {
        var slot = Open();
        Pass(slot, 1000);
        // The node stood still for 30 s: nobody could have kept anything alive.
        Assert.Empty(slot.WhenTimePasses(30_000).Events);
        Assert.Empty(Pass(slot, 3700));
        Assert.Single(Pass(slot, 500));
    }

    [Fact]
    public void A_keepalive_that_comes_with_the_late_timer_counts()
    {
        var slot = Open();
        Assert.NotNull(slot.After(60_000).When(KeepAlive()).Reply().KeepAlive);
        Assert.Empty(Pass(slot, 4900));
    }

    [Fact]
    public void A_session_says_how_long_it_has_left_and_which_locks_it_has()
    {
        var slot = Open();
        slot.When(Ask());
        Pass(slot, 2000);
        var state = slot.When(Get()).Reply().Session;
        Assert.Equal((5, 3), (state.TtlSeconds, state.RemainingSeconds));
        Assert.Equal(["l"], state.Locks);
    }

    [Fact]
    public void A_lock_that_asks_is_told_what_is_left()
    {
        var slot = Open();
        Pass(slot, 2000);
        var said = Assert.Single(slot.When(Ask()).Sent);
        Assert.Equal((Lock, true, 3000), (said.To, said.Command.Liveness.Alive, said.Command.Liveness.RemainingMs));
        var numbered = Ask();
        numbered.AskLiveness.Question = 77;
        Assert.Equal(77u, Assert.Single(slot.When(numbered).Sent).Command.Liveness.Question);
    }

    [Fact]
    public void What_never_was_or_has_ended_is_not_alive()
    {
        var slot = Open();
        Assert.False(Assert.Single(slot.When(Ask(9)).Sent).Command.Liveness.Alive);
        slot.When(Close());
        Assert.False(slot.When(Ask()).Sent.Single(s => s.Command.Liveness is not null).Command.Liveness.Alive);
    }

    [Fact]
    public void On_the_end_the_attached_are_told_until_they_have_seen_it()
    {
        var slot = Open();
        slot.When(Ask());
        var closed = slot.WhenHeldBack(Close());
        Assert.Equal([Event.BodyOneofCase.SessionEnded], closed.Kinds);
        Assert.Empty(closed.Batch.Now);
        Assert.Equal(Lock, Assert.Single(closed.Sent, s => s.Command.SessionGone is not null).To);
        closed.Stored();
        for (var i = 0; i < 5; i++)
        {
            var told = 0;
            Pass(slot, 1300, then => (told += then.Sent.Count(s => s.Command.SessionGone is not null)) > 0);
            Assert.Equal(1, told);
        }
        slot.When(Seen());
        Pass(slot, 400);
        Assert.Null(slot.Entity.WakeAtMs);
    }

    [Fact]
    public void Who_has_left_is_not_told()
    {
        var slot = Open();
        slot.When(Ask());
        slot.When(Make.From(Lock, new Command { Detach = new Detach { SessionId = Id(1) } }));
        Assert.Empty(slot.When(Close()).Sent);
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(7, false)]
    [InlineData(8, false)]
    public void Who_has_asked_after_it_left_is_told(ulong leftAfterQuestion, bool told)
    {
        var slot = Open();
        var asked = Ask();
        asked.AskLiveness.Question = 7;
        slot.When(asked);
        slot.When(Make.From(Lock, new Command { Detach = new Detach { SessionId = Id(1), LastQuestion = leftAfterQuestion } }));
        Assert.Equal(told, slot.When(Close()).Sent.Any(s => s.Command.SessionGone is not null));
    }

    [Fact]
    public void A_close_is_answered_again_and_a_second_one_finds_nothing()
    {
        var slot = Open();
        Assert.Equal(Id(1), slot.When(Close()).Reply().CloseSession.SessionId);
        Assert.NotNull(slot.When(Close(attempt: 2)).Reply().CloseSession);
        var other = Close();
        other.RequestId = Make.RequestId(number: 78);
        Assert.Equal(ErrorCode.SessionExpired, slot.When(other).Code());
    }

    [Fact]
    public void A_session_condition_holds_while_it_lives()
    {
        var slot = Open();
        Assert.True(Assert.Single(slot.When(Guard("t")).Votes()).Conditions[0].Held);
        slot.When(Make.Abort("t"), Close());
        Assert.False(Assert.Single(slot.When(Guard("u")).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void The_end_waits_for_the_transactions_that_rest_on_the_session()
    {
        var slot = Open();
        slot.When(Guard("t"));
        var close = slot.When(Close());
        Assert.Empty(close.Events);
        Assert.Equal(ErrorCode.Unavailable, slot.When(KeepAlive()).Code());
        Assert.Equal(Vote.Types.Kind.Die, Assert.Single(slot.WhenTooYoung(Guard("u")).Votes()).Kind);
        var freed = slot.When(Make.Abort("t"));
        Assert.Equal([Event.BodyOneofCase.Discarded, Event.BodyOneofCase.SessionEnded], freed.Kinds);
        Assert.NotNull(freed.ReplyTo(close).CloseSession);
    }

    [Fact]
    public void A_close_takes_the_end_of_what_is_committed_with_it()
    {
        var slot = Open();
        slot.When(Guard("t"));
        Assert.Empty(slot.When(Make.Commit("t", 1, 2)).Batch.Rows);
        var close = slot.When(Close());
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.SessionEnded], Assert.Single(close.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.NotNull(close.Reply().CloseSession);
    }

    [Fact]
    public void What_is_committed_goes_with_any_row_of_the_slot()
    {
        var slot = Open();
        slot.When(Guard("t"));
        slot.When(Make.Commit("t", 1, 2));
        Assert.Empty(slot.When(KeepAlive()).Batch.Rows);
        Assert.Equal([Event.BodyOneofCase.SessionCreated, Event.BodyOneofCase.Applied], Assert.Single(slot.When(Create(2)).Batch.Rows).Events.Select(e => e.BodyCase));
    }

    [Fact]
    public void Expiry_waits_for_them_too()
    {
        var slot = Open(2);
        slot.When(Guard("t"));
        Assert.Empty(Pass(slot, 3000));
        Assert.Contains(slot.When(Make.Commit("t", 1, 2)).Events, e => e.SessionEnded is not null);
    }

    [Fact]
    public void Only_the_session_itself_waits()
    {
        var slot = Open();
        slot.When(Create(2));
        slot.When(Guard("t"));
        Assert.Contains(Event.BodyOneofCase.SessionEnded, slot.When(Close(2)).Kinds);
    }

    /// <summary>Which locks a session has is in memory only: whoever takes the slot learns it from the locks, which ask after it.</summary>
    [Fact]
    public void As_many_locks_as_the_limit_come_back_after_a_failover_and_a_close_tells_each_until_it_has_heard()
    {
        Command[] asks = [.. Enumerable.Range(0, Limits.LocksPerSession).Select(i => Make.From(EntityId.Lock($"l{i}"), new Command { AskLiveness = new AskLiveness { SessionId = Id(1) } }))];
        var slot = Open(600);
        Assert.All(slot.When(asks).Sent, s => Assert.True(s.Command.Liveness is { Alive: true, Full: false }));
        slot.RestartFromSnapshot(epoch: 2);
        Assert.All(slot.When(asks).Sent, s => Assert.True(s.Command.Liveness is { Alive: true, Full: false }));
        Assert.Equal(Limits.LocksPerSession, slot.When(new Command { GetSession = new GetSessionRequest { SessionId = Id(1) } }).Reply().Session.Locks.Count);
        Assert.Equal(asks.Select(a => a.Sender).Order(), Told(slot.When(Close())).Order());
        // All but one have heard.
        slot.When([.. asks.Skip(1).Select(a => Make.From(EntityId.Parse(a.Sender), new Command { SessionGoneSeen = new SessionGoneSeen { SessionId = Id(1) } }))]);
        Assert.Equal([asks[0].Sender], Told(slot.WhenTimePasses(1200)));
    }

    private static IEnumerable<string> Told(Then then) => then.Sent.Where(s => s.Command.SessionGone is not null).Select(s => s.To.ToString());

    [Fact]
    public void It_has_no_room_for_one_lock_more_than_the_limit()
    {
        var slot = Open();
        slot.When([.. Enumerable.Range(0, Limits.LocksPerSession).Select(i => Make.From(EntityId.Lock($"l{i}"), new Command { AskLiveness = new AskLiveness { SessionId = Id(1) } }))]);
        Assert.True(Assert.Single(slot.When(Ask()).Sent).Command.Liveness.Full);
        var known = Assert.Single(slot.When(Make.From(EntityId.Lock("l0"), new Command { AskLiveness = new AskLiveness { SessionId = Id(1) } })).Sent);
        Assert.False(known.Command.Liveness.Full);
    }
}
