using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>A thousand wait for one lock: what a grant costs does not depend on how many they are.</summary>
public sealed class LockHerdTests
{
    private const int Waiters = 1000;

    [Theory]
    [InlineData(10)]
    [InlineData(Waiters)]
    public void A_grant_takes_one_answer_and_a_few_messages_however_many_wait(int waiters)
    {
        var scenario = Herd(waiters);
        for (var fence = 1; fence <= 5; fence++)
        {
            var released = scenario.When(ReleaseOf(fence));
            // To the next one, and to the one who gave back; to the session that has nothing here any more.
            Assert.Equal(2, released.Batch.Afterwards.Concat(released.Batch.Now).Count(e => e is Core.Entities.AnswerEffect));
            Assert.InRange(released.Sent.Count, 0, 2);
            Assert.Single(released.Batch.Rows);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(Waiters)]
    public void A_grant_whose_sessions_have_to_be_asked_asks_one(int waiters)
    {
        var scenario = Herd(waiters);
        // Nothing that was said holds any more, and the periodic questions are on their way, unanswered.
        scenario.WhenTimePasses(11_000);
        var released = scenario.After(100).When(ReleaseOf(1));
        Assert.InRange(released.Sent.Count, 0, 2);
        var said = scenario.When(AliveOf(1));
        Assert.Equal(2, said.Events.Single().LockGranted.Fence);
    }

    [Fact]
    public void Dead_waiters_cost_nothing_at_the_grant()
    {
        var scenario = Herd(Waiters);
        for (var i = 1; i < Waiters; i++) scenario.When(GoneOf(i));
        var released = scenario.When(ReleaseOf(1));
        Assert.Equal(SessionOf(Waiters), released.Events[^1].LockGranted.SessionId);
        Assert.InRange(released.Sent.Count, 0, 2);
    }

    private static Scenario Herd(int waiters)
    {
        var scenario = Scenario.Fresh(Id);
        for (var i = 0; i <= waiters; i++) scenario.When(AcquireOf(i), AliveOf(i));
        Assert.Equal(waiters, scenario.Look().Waiters.Count);
        return scenario;
    }

    // The holder with fence n is number n - 1.
    private static string SessionOf(int number) => SessionId.Create(4, new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).Text;

    private static Command AcquireOf(int number) => new()
    {
        AcquireLock = new AcquireLockRequest { Name = "l", SessionId = SessionOf(number), WaitSeconds = 60 }, RequestId = $"r{number}",
    };

    private static Command ReleaseOf(int fence) => new() { ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = SessionOf(fence - 1), Fence = fence }, RequestId = $"release{fence}" };

    private static Command AliveOf(int number) =>
        Make.From(EntityId.SessionSlot(4), new Command { Liveness = new Liveness { SessionId = SessionOf(number), Alive = true, RemainingMs = 10_000 } });

    private static Command GoneOf(int number) => Make.From(EntityId.SessionSlot(4), new Command { SessionGone = new SessionGone { SessionId = SessionOf(number) } });
}
