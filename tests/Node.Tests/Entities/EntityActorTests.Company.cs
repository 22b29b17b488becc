using Akka.Actor;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Entities;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

/// <summary>Who queues for a lock waits for company (ADR 0042).</summary>
public sealed partial class EntityActorTests
{
    private const string LockName = "lock/l";
    private const int Rounds = 50;
    private const long VeryLong = 3_600_000;
    private static readonly SessionId Session = SessionId.Create(4, Guid.NewGuid());

    private static Command Acquire(double waitSeconds = 30) => new()
    {
        Entity = LockName, RequestId = $"{Guid.CreateVersion7()}", Attempt = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session.Text, WaitSeconds = waitSeconds },
    };

    private static Command Release(long fence) => new()
    {
        Entity = LockName, RequestId = $"{Guid.CreateVersion7()}", Attempt = 1, ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = Session.Text, Fence = fence },
    };

    private static Command State() => new() { Entity = LockName, GetLock = new GetLockRequest { Name = "l" } };

    /// <summary>A lock that is held with fence 1, by a session that is known to be alive for a long time.</summary>
    private async Task<IActorRef> HeldAsync()
    {
        parts.Grants.Enter(parts.Shards.ShardOf(EntityId.Parse(LockName)), 1, null);
        var entity = Sys.ActorOf(EntityActor.Props(LockName));
        var acquired = Ask(entity, Acquire());
        var asked = (await ExpectMsgAsync<Command>(Patience)).AskLiveness;
        entity.Tell(new Command { Entity = LockName, Sender = $"{Session.Entity}", Liveness = new Liveness { SessionId = Session.Text, Question = asked.Question, Alive = true, RemainingMs = 3_600_000, RecheckMs = 600_000 } }, ActorRefs.NoSender);
        Assert.Equal(1, (await acquired).LockGrant.Fence);
        IgnoreMessages(m => m is Command);
        return entity;
    }

    /// <summary>All that has been sent has been taken in.</summary>
    private static async Task TakenInAsync(IActorRef entity) => await entity.Ask<ActorIdentity>(new Identify(null), Patience);

    [Fact]
    public async Task Who_queues_for_a_lock_shares_the_write_of_the_release()
    {
        parts.CompanyMs = VeryLong;
        var entity = await HeldAsync();
        lock (script.Writes) script.Writes.Clear();
        for (var fence = 1; fence <= Rounds; fence++)
        {
            var (next, released) = (Ask(entity, Acquire()), Ask(entity, Release(fence)));
            Assert.Equal(fence, (await released).ReleaseLock.Fence);
            Assert.Equal(fence + 1, (await next).LockGrant.Fence);
        }
        lock (script.Writes) Assert.Equal(Enumerable.Repeat(2, Rounds), script.Writes);
    }

    [Fact]
    public async Task Alone_it_is_stored_after_a_moment()
    {
        var entity = await HeldAsync();
        var before = WritesSoFar();
        for (var waiters = 1; waiters <= 3; waiters++)
        {
            _ = Ask(entity, Acquire());
            await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == before + waiters), Patience);
        }
    }

    [Fact]
    public async Task Who_comes_meanwhile_makes_nobody_wait_for_longer()
    {
        parts.CompanyMs = 200;
        var entity = await HeldAsync();
        var before = WritesSoFar();
        for (var waiters = 1; WritesSoFar() == before; waiters++)
        {
            Assert.InRange(waiters, 1, Company.AtMost);
            _ = Ask(entity, Acquire());
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task More_than_a_few_do_not_wait()
    {
        parts.CompanyMs = VeryLong;
        var entity = await HeldAsync();
        var before = WritesSoFar();
        for (var waiters = 0; waiters < Company.AtMost; waiters++) _ = Ask(entity, Acquire());
        await TakenInAsync(entity);
        Assert.Equal(before, WritesSoFar());
        _ = Ask(entity, Acquire());
        await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == before + 1), Patience);
        lock (script.Writes) Assert.Equal(Company.AtMost + 1, script.Writes[^1]);
    }

    [Fact]
    public async Task Whoever_asks_about_the_lock_sees_it_at_once()
    {
        parts.CompanyMs = VeryLong;
        var entity = await HeldAsync();
        for (var waiters = 1; waiters <= Rounds; waiters++)
        {
            _ = Ask(entity, Acquire());
            Assert.Equal(waiters, (await Ask(entity, State())).Lock.Waiters.Count);
        }
    }

    [Fact]
    public async Task What_is_due_is_done_and_what_waits_is_decided_with_it()
    {
        parts.CompanyMs = VeryLong;
        var entity = await HeldAsync();
        var impatient = Ask(entity, Acquire(waitSeconds: 2));
        Assert.Single((await Ask(entity, State())).Lock.Waiters);
        _ = Ask(entity, Acquire());
        Assert.Equal(ErrorCode.LockHeld, (await impatient).Failure.Code);
        Assert.Equal(2, (await Ask(entity, State())).Lock.Waiters.Count);
    }

    [Fact]
    public async Task A_stop_lets_nobody_wait_who_has_been_taken_in()
    {
        parts.CompanyMs = VeryLong;
        var entity = await HeldAsync();
        var before = WritesSoFar();
        var waits = Ask(entity, Acquire());
        await StopAsync(entity);
        Assert.Equal(ErrorCode.OutcomeUnknown, (await waits).Failure.Code);
        Assert.Equal(before + 1, WritesSoFar());
        Assert.Single((await Ask(Sys.ActorOf(EntityActor.Props(LockName)), State())).Lock.Waiters);
    }
}
