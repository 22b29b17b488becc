using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Sessions;

/// <summary>A holding that was ended by force is said with every keepalive until the client has shown that it knows; the lock is told only then.</summary>
public sealed class LostHoldingTests
{
    private static readonly EntityId Lock = EntityId.Lock("a/b");
    private static readonly string Session = SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)).Text;

    private static Command Lost(long fence, string session) => Make.From(Lock, new Command { HoldingLost = new HoldingLost { SessionId = session, Fence = fence, Reason = "forced: why" } });

    private static Command KeepAlive(ulong seen = 0) => new() { KeepAlive = new KeepAliveRequest { SessionId = Session, LostSeen = seen } };

    private static long[] Seen(Then then) => [.. then.Sent.Where(s => s.To == Lock && s.Command.HoldingLostSeen is not null).Select(s => s.Command.HoldingLostSeen.Fence)];

    private static Scenario Open()
    {
        var scenario = Scenario.Fresh(EntityId.SessionSlot(4));
        scenario.When(new Command { CreateSession = new CreateSession { Request = new CreateSessionRequest { TtlSeconds = 10 }, SessionId = Session }, RequestId = Make.RequestId() });
        return scenario;
    }

    [Fact]
    public void Every_keepalive_says_it_until_one_has_shown_that_it_is_known()
    {
        var scenario = Open();
        Assert.Empty(scenario.When(KeepAlive()).Reply().KeepAlive.Lost);
        Assert.Empty(Seen(scenario.When(Lost(5, Session), Lost(5, Session))));
        var told = scenario.When(KeepAlive()).Reply().KeepAlive;
        Assert.Equal([("a/b", 5L, "forced: why")], told.Lost.Select(l => (l.Name, l.Fence, l.Reason)));
        Assert.Equal(told, scenario.When(KeepAlive()).Reply().KeepAlive);
        scenario.When(Lost(7, Session));
        var then = scenario.When(KeepAlive(told.LostPosition));
        Assert.Equal([5L], Seen(then));
        Assert.Equal([7L], then.Reply().KeepAlive.Lost.Select(l => l.Fence));
        Assert.Empty(scenario.When(KeepAlive(then.Reply().KeepAlive.LostPosition)).Reply().KeepAlive.Lost);
    }

    [Fact]
    public void What_an_earlier_activation_said_does_not_count_for_this_one()
    {
        var scenario = Open();
        scenario.When(Lost(5, Session));
        var before = scenario.When(KeepAlive()).Reply().KeepAlive.LostPosition;
        scenario.After(3000).Restart(epoch: 2);
        Assert.Empty(scenario.When(KeepAlive(before)).Reply().KeepAlive.Lost);
        scenario.When(Lost(5, Session));
        Assert.Equal([5L], scenario.When(KeepAlive(before)).Reply().KeepAlive.Lost.Select(l => l.Fence));
    }

    [Fact]
    public void Of_a_session_that_has_ended_nobody_is_left_to_be_told()
    {
        var scenario = Open();
        Assert.Equal([5L], Seen(scenario.When(Lost(5, "4-0190cd5c-0000-7000-8000-000000000009"))));
        scenario.When(Lost(6, Session));
        scenario.When(new Command { CloseSession = new CloseSessionRequest { SessionId = Session }, RequestId = Make.RequestId(number: 2) });
        Assert.Equal([6L], Seen(scenario.When(Lost(6, Session))));
    }

    /// <summary>Each lock says it again every 2 s until it is told that its holder knows.</summary>
    [Fact]
    public void More_than_one_answer_holds_is_said_in_several_and_no_lock_is_told_that_a_holder_knows_before_it_does()
    {
        var scenario = Open();
        SortedSet<long> untold = [.. Enumerable.Range(1, (2 * Limits.LossesUntold) + 5).Select(i => (long)i)];
        var heard = new HashSet<long>();
        var position = 0UL;
        for (var keepalives = 0; untold.Count > 0; keepalives++)
        {
            Assert.True(keepalives <= 4, $"{untold.Count} have not heard after {keepalives} keepalives");
            untold.ExceptWith(Seen(scenario.When([.. untold.Select(fence => Lost(fence, Session))])));
            Assert.All(Enumerable.Range(1, (2 * Limits.LossesUntold) + 5).Select(i => (long)i).Except(untold), fence => Assert.Contains(fence, heard));
            var then = scenario.When(KeepAlive(position));
            Assert.Subset(heard, Seen(then).ToHashSet());
            untold.ExceptWith(Seen(then));
            var told = then.Reply().KeepAlive;
            Assert.True(told.Lost.Count <= Limits.LossesUntold);
            heard.UnionWith(told.Lost.Select(l => l.Fence));
            position = told.LostPosition;
        }
        Assert.Equal((2 * Limits.LossesUntold) + 5, heard.Count);
    }
}
