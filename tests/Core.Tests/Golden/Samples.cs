using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Tests.Golden;

/// <summary>One of everything that is stored, with every field set. What is added later gets a sample of its own; these stay as they are.</summary>
static class Samples
{
    private static readonly ByteString Bytes = ByteString.CopyFrom(1, 2, 255);

    private static readonly KeyWritten Write = new() { Present = true, Value = Bytes, Revision = 7 };

    private static readonly KeyWritten Bound = new() { Present = true, Value = Bytes, Revision = 8, ExpiresAtMs = 1_800_000_060_000, SessionId = "4-s" };

    private static readonly KeyWritten Lasting = new() { Present = true, Value = Bytes, Revision = 8, ExpiresAtMs = 1_800_000_060_000, TtlMs = 60_000 };

    private static readonly KeyWritten Expired = new() { Revision = 9, Expired = true };

    private static readonly KeyWritten FromBackup = new() { Present = true, Value = Bytes, Revision = 8, ExpiresAtMs = 1_800_000_060_000, RevisionFloor = 1_000_000_000_008 };

    private static readonly Prepared Prepared = new()
    {
        TransactionId = "t", Attempt = 2, PayloadHash = Bytes, TimestampMs = 1_800_000_000_001, Coordinator = "txn/3",
        Intents = { new Intent { Resource = "r", Exclusive = true }, new Intent() },
        Conditions = { new ConditionResult { Index = 1, Held = true } },
        Then = new PreparedBranch
        {
            Write = Write,
            Result = new BranchResult { Results = { new IndexedResult { Index = 4, Result = new OperationResult { Key = "k", Revision = 7, Value = Bytes, Deleted = true } } } },
        },
        Else = new PreparedBranch { Result = new BranchResult { AbortReason = "overflow" } },
    };

    private static readonly LockGranted Grant = new() { SessionId = "s", HolderId = "h", RequestId = "r", Mode = LockMode.Shared, Fence = 9, Label = "l" };

    private static readonly LockEnqueued Waiter = new() { SessionId = "s", HolderId = "h", RequestId = "r", Mode = LockMode.Upgradeable, Label = "l", PayloadHash = Bytes };

    private static readonly LockGranted Permits = new() { SessionId = "s", HolderId = "h", RequestId = "r", Mode = LockMode.Semaphore, Fence = 9, Permits = 2, Limit = 3, FlowId = "f" };

    private static readonly LockEnqueued WaiterForPermits = new()
    {
        SessionId = "s", HolderId = "h", RequestId = "r", Mode = LockMode.Semaphore, PayloadHash = Bytes, Permits = 2, Limit = 3, FlowId = "f",
    };

    private static readonly LockUpgradeAsked Asked = new() { Fence = 9, RequestId = "r", PayloadHash = Bytes };

    private static readonly SessionCreated Session = new() { SessionId = "4-s", TtlMs = 10_000, Label = "l" };

    private static readonly MultiLockStarted MultiLock = new()
    {
        SessionId = "4-s", RequestId = "r", Attempt = 2, HolderId = "h", Label = "l", FlowId = "f", PayloadHash = Bytes,
        Locks = { new LockWish { Name = "a", Mode = LockMode.Semaphore, Permits = 2, Limit = 3 }, new LockWish { Name = "b" } },
    };

    private static readonly MultiLockUndoing Undoing = new()
    {
        RequestId = "r", UpToAttempt = 2, Reply = new Reply { Failure = new Failure { Code = ErrorCode.LockHeld, Message = "m" } },
    };

    private static readonly TransactionStarted Started = new() { TransactionId = "t", Attempt = 2, PayloadHash = Bytes, TimestampMs = 5, Participants = { "kv/a", "lock/b" } };

    private static readonly TransactionCommitted Committed = new()
    {
        TransactionId = "t", Attempt = 2, Then = true, Prepared = { new NamedPrepared { Participant = "kv/a", SequenceNr = 3 } },
        Result = new TransactionResult
        {
            TransactionId = "t", Outcome = TransactionStatus.Types.Outcome.Committed, ConditionsHeld = true, ConditionResults = { true, false },
            Results = { new OperationResult { Key = "k", Revision = 7, Value = Bytes } },
        },
    };

    private static readonly TransactionAborted Aborted = new() { TransactionId = "t", Reason = "deadline" };

    private static readonly Outcome Outcome = new()
    {
        RequestId = "r", Attempt = 2, PayloadHash = Bytes, Reply = new Reply { PutKey = new PutKeyResponse { Key = "k", Revision = 7 } }, KeepUntilMs = 6,
    };

    private static readonly ParticipantSnapshot Participant = new()
    {
        Prepared = { new StoredPrepared { SequenceNr = 3, Prepared = Prepared } },
        Refusals = { new StoredRefusal { Refused = new Refused { TransactionId = "u", Attempt = 1 }, TimeMs = 8 } },
    };

    public static IReadOnlyDictionary<string, Envelope> Rows { get; } = new Event[]
    {
        new() { Claimed = new Claimed() },
        new() { KeyWritten = Write },
        new() { SessionCreated = Session },
        new() { SessionEnded = new SessionEnded { SessionId = "4-s", Reason = "expiry" } },
        new() { LockGranted = Grant },
        new() { LockEnqueued = Waiter },
        new() { LockWaiterLeft = new LockWaiterLeft { RequestId = "r", Reason = "no-call" } },
        new() { LockReleased = new LockReleased { Fence = 9, Reason = "released" } },
        new() { LockUpgradeAsked = Asked },
        new() { LockUpgraded = new LockUpgraded { Fence = 9, NewFence = 10, RequestId = "r", SessionId = "s", HolderId = "h" } },
        new() { LockLossTold = new LockLossTold { Fence = 9 } },
        new() { LockReEntered = new LockReEntered { Fence = 9, RequestId = "q" } },
        new() { LockRequestCancelled = new LockRequestCancelled { Fence = 9, RequestId = "r" } },
        new() { Prepared = Prepared },
        new() { AttemptDropped = new AttemptDropped { TransactionId = "t", Attempt = 2 } },
        new() { Refused = new Refused { TransactionId = "t", Attempt = 2 } },
        new() { Applied = new Applied { TransactionId = "t", Then = true } },
        new() { Discarded = new Discarded { TransactionId = "t" } },
        new() { TransactionStarted = Started },
        new() { TransactionCommitted = Committed },
        new() { TransactionAborted = Aborted },
        new() { TransactionSettled = new TransactionSettled { TransactionId = "t" } },
        new() { MultiLockStarted = MultiLock },
        new() { MultiLockRenewed = new MultiLockRenewed { RequestId = "r", FromPlace = 1 } },
        new() { MultiLockUndoing = Undoing },
        new() { MultiLockEnded = new MultiLockEnded { RequestId = "r", Granted = true } },
        new() { TransactionsArchived = new TransactionsArchived { TransactionIds = { "t", "u" } } },
        new() { KeyRestored = new KeyRestored { Value = FromBackup } },
        new() { LockRestored = new LockRestored { LastFence = 1_000_000_000_017 } },
        new() { FenceFloorRaised = new FenceFloorRaised { Fence = 1_000_000_000_000 } },
        new() { OutcomesRestored = new OutcomesRestored { IssuedUntilMs = 1_800_000_000_000 } },
    }.Select(e => (Name: e.BodyCase.ToString(), Event: e)).Concat(Additions).ToDictionary(e => e.Name, e => Row(e.Event));

    private static IEnumerable<(string Name, Event Event)> Additions =>
    [
        ("KeyWritten+Bound", new Event { KeyWritten = Bound }),
        ("KeyWritten+Expired", new Event { KeyWritten = Expired }),
        ("Prepared+Bound", new Event { Prepared = new Prepared { TransactionId = "t", Attempt = 1, Coordinator = "txn/3", Then = new PreparedBranch { Write = Bound } } }),
        ("TransactionAborted+Forgotten", new Event { TransactionAborted = new TransactionAborted { TransactionId = "t", Reason = "never started", Forgotten = true } }),
        ("TransactionAborted+Without", new Event { TransactionAborted = new TransactionAborted { TransactionId = "t", Reason = "given up", Without = "kv/b" } }),
        ("LockGranted+Permits", new Event { LockGranted = Permits }),
        ("LockEnqueued+Permits", new Event { LockEnqueued = WaiterForPermits }),
        ("LockWaiterLeft+Free", new Event { LockWaiterLeft = new LockWaiterLeft { RequestId = "r", Reason = "cancelled", Free = true } }),
        ("LockReleased+Who", new Event { LockReleased = new LockReleased { Fence = 9, Reason = "forced: why", Free = true, SessionId = "s", HolderId = "h", Mode = LockMode.Shared } }),
        ("Applied+Nothing", new Event { Applied = new Applied { TransactionId = "t", Then = true, WritesNothing = true } }),
        ("TransactionCommitted+Dropped", new Event
        {
            TransactionCommitted = new TransactionCommitted { TransactionId = "t", Attempt = 1, Result = new TransactionResult { TransactionId = "t", ResultsDropped = true } },
        }),
        ("Prepared+Ttl", new Event { Prepared = new Prepared { TransactionId = "t", Attempt = 1, Coordinator = "txn/3", Then = new PreparedBranch { Write = Lasting } } }),
        ("Applied+Ttl", new Event { Applied = new Applied { TransactionId = "t", Then = true, Write = Lasting } }),
        ("Applied+Write", new Event { Applied = new Applied { TransactionId = "t", Then = true, Write = Bound } }),
    ];

    public static IReadOnlyDictionary<string, Snapshot> Snapshots { get; } = new Snapshot[]
    {
        new() { Key = new KeySnapshot { Value = Write, Participant = Participant } },
        new() { Sessions = new SessionSlotSnapshot { Sessions = { Session }, Participant = Participant } },
        new()
        {
            Lock = new LockSnapshot
            {
                LastFence = 9, Holders = { new StoredHolder { Grant = Grant, SinceMs = 1 } }, Waiters = { new StoredWaiter { Waiter = Waiter, SinceMs = 2 } }, Participant = Participant,
            },
        },
        new()
        {
            Transactions = new TransactionSlotSnapshot
            {
                Transactions =
                {
                    new StoredTransaction { Started = Started, Committed = Committed, Settled = true, TimeMs = 3 },
                    new StoredTransaction { Aborted = Aborted, Settled = true, TimeMs = 4 },
                },
            },
        },
    }.Select(s => (Name: $"Snapshot.{s.StateCase}", Snapshot: s))
        .Append((Name: "Snapshot.Key+Bound", Snapshot: new Snapshot { Key = new KeySnapshot { Value = Bound } }))
        .Append((Name: "Snapshot.Sessions+MultiLocks", Snapshot: new Snapshot
        {
            Sessions = new SessionSlotSnapshot { MultiLocks = { new StoredMultiLock { Started = MultiLock, SequenceNr = 7, IssuedMs = { 5, 6 }, Undoing = Undoing, GrantedMs = 9 } } },
        }))
        .Append((Name: "Snapshot.Key+Dropped", Snapshot: new Snapshot
        {
            Key = new KeySnapshot
            {
                Value = Write, Participant = new ParticipantSnapshot { Refusals = { new StoredRefusal { Refused = new Refused { TransactionId = "u", Attempt = 1 }, TimeMs = 8, Dropped = true } } },
            },
        }))
        .Append((Name: "Snapshot.Key+Expired", Snapshot: new Snapshot { Key = new KeySnapshot { Value = Expired } }))
        .Append((Name: "Snapshot.Lock+Modes", Snapshot: new Snapshot
        {
            Lock = new LockSnapshot
            {
                LastFence = 9, Holders = { new StoredHolder { Grant = Permits, SinceMs = 1, UpgradedBy = "u" } }, Waiters = { new StoredWaiter { Waiter = WaiterForPermits, SinceMs = 2 } },
                Upgrade = new StoredUpgrade { Asked = Asked, SinceMs = 3 }, Losses = { new StoredLoss { SessionId = "s", Fence = 8, Reason = "forced: why" } },
            },
        }))
        .Append((Name: "Snapshot.Lock+Requests", Snapshot: new Snapshot
        {
            Lock = new LockSnapshot { LastFence = 9, Holders = { new StoredHolder { Grant = Grant, SinceMs = 1, OtherRequests = { "p", "q" } } } },
        }))
        .Append((Name: "Snapshot.Key+Restored", Snapshot: new Snapshot { Key = new KeySnapshot { Value = FromBackup } }))
        .Append((Name: "Snapshot.Sessions+FenceFloor", Snapshot: new Snapshot { Sessions = new SessionSlotSnapshot { FenceFloor = 1_000_000_000_000 } }))
        .Append((Name: "Snapshot.Transactions+Restored", Snapshot: new Snapshot { Transactions = new TransactionSlotSnapshot { OutcomesRestoredUntilMs = 1_800_000_000_000 } }))
        .ToDictionary(s => s.Name, s => Whole(s.Snapshot));

    private static Envelope Row(Event @event) => new() { Schema = 1, Epoch = 12, TimeMs = 1_800_000_000_000, RequestId = "r", Attempt = 2, Events = { @event }, Outcomes = { Outcome } };

    private static Snapshot Whole(Snapshot snapshot)
    {
        snapshot.Schema = 1;
        snapshot.Epoch = 12;
        snapshot.TimeMs = 1_800_000_000_000;
        snapshot.FloorMs = 1_799_999_940_000;
        snapshot.Outcomes.Add(Outcome);
        return snapshot;
    }
}
