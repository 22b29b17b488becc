using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>Commands and sessions for the tests of locks.</summary>
static class LockScenario
{
    public static readonly EntityId Id = EntityId.Lock("l");

    /// <summary>A session by number, in slot 4.</summary>
    public static string Session(byte number) => SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)).Text;

    public static Command Acquire(
        byte session, byte request, double wait = 0, uint attempt = 1, string holderId = "", LockMode mode = LockMode.Exclusive, int permits = 0, int limit = 0) => new()
    {
        AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session(session), WaitSeconds = wait, HolderId = holderId, Mode = mode, Permits = permits, Limit = limit },
        RequestId = Make.RequestId(number: request), Attempt = attempt,
    };

    public static Command Upgrade(byte session, long fence, byte request, double wait = 0, uint attempt = 1) => new()
    {
        UpgradeLock = new UpgradeLockRequest { Name = "l", SessionId = Session(session), Fence = fence, WaitSeconds = wait }, RequestId = Make.RequestId(number: request), Attempt = attempt,
    };

    public static Command Force(byte request, long fence = 0, string reason = "stuck", uint attempt = 1) => new()
    {
        ForceReleaseLock = new ForceReleaseLockRequest { Name = "l", Fence = fence, Reason = reason }, RequestId = Make.RequestId(number: request), Attempt = attempt,
    };

    public static Command Guard(string id, long fence, long timestampMs = 0) => Make.Prepare(id, timestampMs: timestampMs, conditions: [new Condition { Lock = "l", Fence = fence }]);

    public static Command Release(byte session, long fence, byte request = 100, uint attempt = 1) => new()
    {
        ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = Session(session), Fence = fence }, RequestId = Make.RequestId(number: request), Attempt = attempt,
    };

    public static Command Cancel(byte session, byte request) => new()
    {
        CancelLock = new CancelLockRequest { Name = "l", SessionId = Session(session), RequestId = Make.RequestId(number: request) }, RequestId = Make.RequestId(number: request),
    };

    public static Command CancelUpTo(byte session, byte request, uint attempt)
    {
        var cancel = Cancel(session, request);
        cancel.CancelLock.OnlyAttemptsTo = attempt;
        return cancel;
    }

    public static Command Alive(byte session, long remainingMs = 10_000) =>
        Make.From(EntityId.SessionSlot(4), new Command { Liveness = new Liveness { SessionId = Session(session), Alive = remainingMs > 0, RemainingMs = remainingMs } });

    public static Command Gone(byte session) => Make.From(EntityId.SessionSlot(4), new Command { SessionGone = new SessionGone { SessionId = Session(session) } });

    public static Command State => new() { GetLock = new GetLockRequest { Name = "l" } };

    /// <summary>A lock held by session 1 with fence 1.</summary>
    public static Scenario Held()
    {
        var held = Scenario.Fresh(Id);
        held.When(Acquire(1, 1));
        held.When(Alive(1));
        return held;
    }

    /// <summary>Asks for the lock, and has the session answer that it lives.</summary>
    public static Then Ask(
        this Scenario scenario, byte session, byte request, double wait = 0, uint attempt = 1, LockMode mode = LockMode.Exclusive, int permits = 0, int limit = 0)
    {
        var asked = scenario.When(Acquire(session, request, wait, attempt, "", mode, permits, limit));
        scenario.When(Alive(session));
        return asked;
    }

    /// <summary>Grants it to this session, whose request has its number, at once.</summary>
    public static long Have(this Scenario scenario, byte session, LockMode mode, int permits = 0, int limit = 0)
    {
        var asked = scenario.When(Acquire(session, session, mode: mode, permits: permits, limit: limit));
        var then = asked.Answers(asked) ? asked : scenario.When(Alive(session));
        return then.ReplyTo(asked).LockGrant.Fence;
    }

    public static LockState Look(this Scenario scenario) => scenario.When(State).Reply().Lock;
}
