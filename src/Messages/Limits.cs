namespace AkkaHa.Messages;

/// <summary>Every limit of the service, in one place. Beyond one, the refusal names it.</summary>
public static class Limits
{
    /// <summary>Names of locks and keys: 1 to this many UTF-8 bytes.</summary>
    public const int NameBytes = 512;

    /// <summary>Request, holder and transaction ids: at most this many UTF-8 bytes.</summary>
    public const int IdBytes = 64;

    /// <summary>Labels: at most this many UTF-8 bytes.</summary>
    public const int LabelBytes = 128;

    /// <summary>One value: at most this many bytes.</summary>
    public const int ValueBytes = 1024 * 1024;

    /// <summary>Keys, locks and session slots in one transaction.</summary>
    public const int TransactionParticipants = 128;

    /// <summary>Conditions and operations in one transaction, together.</summary>
    public const int TransactionSteps = 1024;

    /// <summary>One transaction's request, in bytes as protobuf.</summary>
    public const int TransactionRequestBytes = 4 * 1024 * 1024;

    /// <summary>The results of one transaction, in bytes.</summary>
    public const int TransactionResultBytes = 4 * 1024 * 1024;

    /// <summary>A message between nodes, in bytes. The largest is a vote, with the results of both branches.</summary>
    public const int RemotingFrameBytes = 2 * TransactionResultBytes + (2 * 1024 * 1024);

    /// <summary>A request or response of a client, in bytes.</summary>
    public const int ClientMessageBytes = 8 * 1024 * 1024;

    /// <summary>Calls under way over one stream (<c>Calls/Pipeline</c>); one more is not done, unless it makes room or keeps alive.</summary>
    public const int PipelinedCalls = 10_000;

    /// <summary>Bytes of answers that such a stream's caller has not read; the same then.</summary>
    public const int PipelinedUnsentBytes = 32 * 1024 * 1024;

    /// <summary>Messages of such a stream take in more calls, or answers, until they have so many bytes. What is larger by itself is called by its own method.</summary>
    public const int PipelinedBatchBytes = 256 * 1024;

    /// <summary>
    /// Fences and revisions go on by so much above those of a backup that is restored: more than a lock or key can be given after the backup was made (10,000 a second for three years), and room for millions of restores.
    /// </summary>
    public const long RestoreJump = 1_000_000_000_000;

    /// <summary>Records of a backup in one message, at most, and how many bytes of them, about.</summary>
    public const int BackupRecordsAtOnce = 500;

    /// <inheritdoc cref="BackupRecordsAtOnce"/>
    public const int BackupBytesAtOnce = 1024 * 1024;

    /// <summary>Waiters in the queue of one lock.</summary>
    public const int WaitersPerLock = 1024;

    /// <summary>Holders of one lock, shared or with permits of a semaphore; who comes then waits.</summary>
    public const int HoldersPerLock = 10_000;

    /// <summary>Holders that a refusal names.</summary>
    public const int HoldersTold = 32;

    /// <summary>
    /// Requests of its holder that a holding keeps, of those that were told of it. With so many no cancel ends it any more, but its release, force, or the end of its session. A later version may make this
    /// smaller, never larger: of holdings with as many it is not known who else was told.
    /// </summary>
    public const int RequestsPerHolding = 16;

    /// <summary>
    /// Holdings that were ended by force, of which holders have not heard: a lock with so many ends none by force before some have, and the answer to one keepalive says so many, oldest
    /// first.
    /// </summary>
    public const int LossesUntold = 1024;

    /// <summary>Locks that one session holds or waits for.</summary>
    public const int LocksPerSession = 10_000;

    /// <summary>Locks in one acquireAll.</summary>
    public const int LocksPerAcquireAll = 128;

    /// <summary>AcquireAlls of one session that are under way at one time.</summary>
    public const int AcquireAllsPerSession = 256;

    /// <summary>Requests that wait at one entity for a transaction to finish.</summary>
    public const int WaitingPerEntity = 4096;

    /// <summary>A session's time to live, in seconds: at least this.</summary>
    public const double SessionTtlMinSeconds = 2;

    /// <summary>A session's time to live, in seconds: at most this.</summary>
    public const double SessionTtlMaxSeconds = 3600;

    /// <summary>A session's time to live when none is given, in seconds.</summary>
    public const double SessionTtlDefaultSeconds = 10;

    /// <summary>A key's time to live, in seconds: at least this. Resolution is a millisecond.</summary>
    public const double KeyTtlMinSeconds = 0.001;

    /// <summary>A key's time to live, in seconds: at most this, a year.</summary>
    public const double KeyTtlMaxSeconds = 31_536_000;

    /// <summary>Waiting for a lock in one call, in seconds: at most this. Waiting on is another call with the same request id.</summary>
    public const double WaitMaxSeconds = 60;

    /// <summary>A transaction's deadline, in seconds: at most this.</summary>
    public const double TransactionDeadlineMaxSeconds = 60;

    /// <summary>A transaction's deadline when none is given, in seconds.</summary>
    public const double TransactionDeadlineDefaultSeconds = 10;

    /// <summary>How long outcomes are remembered for repeats, in seconds.</summary>
    public const int OutcomeSeconds = 60;

    /// <summary>How far ahead of a node's clock the issue time of a request id may be, in seconds.</summary>
    public const int ClockAheadSeconds = 60;

    /// <summary>How long the outcome of a transaction can be asked for, in hours after it was last applied.</summary>
    public const int TransactionOutcomeHours = 24;

    /// <summary>
    /// How long a settled transaction stays in its slot's memory before its outcome goes to the table, in minutes. A later version may make this shorter, never longer:
    /// an id that carries a younger issue time is not looked for in the table.
    /// </summary>
    public const int TransactionInSlotMinutes = 10;

    /// <summary>Outcomes that one slot puts into the table at once.</summary>
    public const int OutcomesPerArchive = 1000;

    /// <summary>How long a slot waits for the table of older outcomes, in seconds.</summary>
    public const int OutcomeLookUpSeconds = 2;

    /// <summary>Open transactions that one slot tells of in one answer, in bytes.</summary>
    public const int OpenTransactionBytesPerSlot = 1024 * 1024;

    /// <summary>Calls that wait for the outcome of one transaction.</summary>
    public const int CallsPerTransaction = 64;

    /// <summary>
    /// Results kept for repeats in one slot of transactions, in bytes. Beyond it the largest go first, but none of up to <see cref="TransactionResultSmallBytes"/> and none younger than
    /// <see cref="TransactionResultSureSeconds"/> before there are <see cref="TransactionResultBytesPerSlotMax"/>.
    /// </summary>
    public const int TransactionResultBytesPerSlot = TransactionResultBytes;

    /// <summary>The same whatever their size and age: so much memory and no more.</summary>
    public const int TransactionResultBytesPerSlotMax = 4 * TransactionResultBytesPerSlot;

    /// <summary>Results of up to so many bytes are small.</summary>
    public const int TransactionResultSmallBytes = 1024;

    /// <summary>In so many seconds a client has repeated what it had no answer to.</summary>
    public const int TransactionResultSureSeconds = 60;

    /// <summary>How long a transaction's results (not its outcome) are kept for a repeat, in minutes.</summary>
    public const int TransactionResultMinutes = 10;

    /// <summary>Keys on a page of a list when no number is given.</summary>
    public const int ListPageDefault = 100;

    /// <summary>Keys on a page of a list: at most this many.</summary>
    public const int ListPageKeys = 1000;

    /// <summary>Values on a page of a list, in bytes together; at least one is given.</summary>
    public const int ListPageBytes = 4 * 1024 * 1024;

    /// <summary>Streams of cluster events that are open at the management port of one node.</summary>
    public const int ManagementStreamsPerNode = 64;

    /// <summary>Watches through one node.</summary>
    public const int WatchersPerNode = 20_000;

    /// <summary>How long a watch that was cut off may take to send what was on its way already, in seconds; then its call is aborted, since a client that does not read would keep it open.</summary>
    public const int WatchLastSendSeconds = 10;

    /// <summary>Watches of locks through one node.</summary>
    public const int LockWatchersPerNode = 64;

    /// <summary>Watches of one node that read the journal's past at the same time, each in its turn.</summary>
    public const int WatchesCatchingUp = 256;

    /// <summary>Changes that wait for one watcher to take them; one that falls further behind is cut off.</summary>
    public const int WatchBufferEvents = 1024;

    /// <summary>Changes that wait for one watcher to take them, in bytes; one that falls further behind is cut off.</summary>
    public const int WatchBufferBytes = 8 * 1024 * 1024;

    /// <summary>A register or a field of a map: at most this many UTF-8 bytes.</summary>
    public const int EventualValueBytes = 64 * 1024;

    /// <summary>An element of a set or the name of a map's field: 1 to this many UTF-8 bytes.</summary>
    public const int EventualElementBytes = 512;

    /// <summary>Elements or fields in one update.</summary>
    public const int EventualElementsPerUpdate = 1000;

    /// <summary>What one bucket of eventual data holds, in bytes: it must travel whole in one message between nodes, with others.</summary>
    public const int EventualBucketBytes = 2 * 1024 * 1024;

    /// <summary>A set or map as one answer, in bytes.</summary>
    public const int EventualAnswerBytes = 4 * 1024 * 1024;

    /// <summary>Elements or fields up to which the answer to an update gives the whole value.</summary>
    public const int EventualElementsInAnswer = 1000;

    /// <summary>How long nodes know a repeat of an eventual update, in seconds. Repeats are promised to count once for <see cref="OutcomeSeconds"/>; the rest is for clocks that differ.</summary>
    public const int EventualRepeatSeconds = 120;

    /// <summary>How long a call may wait for other nodes, in seconds: at least this.</summary>
    public const double EventualTimeoutMinSeconds = 0.05;

    /// <summary>How long a call may wait for other nodes, in seconds: at most this.</summary>
    public const double EventualTimeoutMaxSeconds = 60;

    /// <summary>How long a call waits for other nodes when nothing is said, in seconds.</summary>
    public const double EventualTimeoutDefaultSeconds = 2;

    /// <summary>How far a node's clock may be from the middle one of all nodes before it is corrected by that, in milliseconds.</summary>
    public const int EventualClockAheadMs = 1000;

    /// <summary>Watches of eventual data through one node.</summary>
    public const int EventualWatchersPerNode = 10_000;
}
