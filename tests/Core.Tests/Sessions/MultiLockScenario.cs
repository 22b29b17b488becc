using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Tests.Sessions;

/// <summary>A slot with one session, what is asked of it, and what locks answer.</summary>
static class MultiLockScenario
{
    public static readonly EntityId Slot = EntityId.SessionSlot(4);

    public static string Session(byte number = 1) => SessionId.Create(4, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)).Text;

    public static Scenario Open(RuleSwitches? rules = null, double ttl = 600)
    {
        var slot = Scenario.Fresh(Slot, rules: rules);
        slot.When(new Command
        {
            CreateSession = new CreateSession { SessionId = Session(), Request = new CreateSessionRequest { TtlSeconds = ttl } }, RequestId = Make.RequestId(number: 200), Attempt = 1,
        });
        return slot;
    }

    public static Command Acquire(string names, double wait = 5, byte request = 1, uint attempt = 1, string holderId = "", byte session = 1, string flow = "") => new()
    {
        AcquireAllLocks = new AcquireAllLocksRequest
        {
            SessionId = Session(session), WaitSeconds = wait, HolderId = holderId, FlowId = flow, Label = "l", Locks = { names.Split(' ').Select(n => new LockWish { Name = n }) },
        },
        RequestId = Make.RequestId(number: request), Attempt = attempt,
    };

    public static Command Cancel(byte request = 1, uint upTo = 0) =>
        new() { CancelAllLocks = new CancelAllLocksRequest { SessionId = Session(), RequestId = Make.RequestId(number: request), OnlyAttemptsTo = upTo } };

    public static Command Close => new() { CloseSession = new CloseSessionRequest { SessionId = Session() }, RequestId = Make.RequestId(number: 201), Attempt = 1 };

    /// <summary>The lock asked answers with a grant.</summary>
    public static Command Grant(SendEffect asked, long fence = 7) => Answer(asked, new Reply
    {
        LockGrant = new LockGrant
        {
            Name = asked.To.Name, Fence = fence, Mode = asked.Command.AcquireLock.Mode, SessionId = asked.Command.AcquireLock.SessionId, HolderId = asked.Command.AcquireLock.HolderId,
        },
    });

    public static Command Refuse(SendEffect asked, ErrorCode code) => Answer(asked, Replies.Failure(code, $"lock '{asked.To.Name}' says no", Replies.Details(("waiters", "3"))));

    public static Command GivenBack(SendEffect cancel) => Answer(cancel, new Reply { CancelLock = new CancelLockResponse { Name = cancel.To.Name, Cancelled = true } });

    private static Command Answer(SendEffect asked, Reply reply) => Make.From(asked.To, new Command
    {
        LockAnswer = new LockAnswer
        {
            RequestId = asked.Command.CancelLock?.RequestId ?? asked.Command.RequestId, Attempt = asked.Command.CancelLock is null ? asked.Command.Attempt : 1, Reply = reply,
        },
    });

    public static IReadOnlyList<SendEffect> Asked(this Then then) => [.. then.Sent.Where(s => s.Command.AcquireLock is not null)];

    public static IReadOnlyList<SendEffect> Back(this Then then) => [.. then.Sent.Where(s => s.Command.CancelLock is not null)];

    /// <summary>Grants until all are had.</summary>
    public static Then GrantAll(this Scenario slot, Then then)
    {
        while (then.Asked() is [var asked]) then = slot.When(Grant(asked));
        return then;
    }

    /// <summary>All locks say that they have it back.</summary>
    public static Then GiveAllBack(this Scenario slot, Then undoing)
    {
        var last = undoing;
        foreach (var cancel in undoing.Back()) last = slot.When(GivenBack(cancel));
        return last;
    }
}
