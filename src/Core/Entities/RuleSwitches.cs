namespace AkkaHa.Core.Entities;

/// <summary>
/// Test-only: safety rules that can be switched off, to show that the checks go red without them. Nothing but tests and
/// <c>akkaha demo --break</c> sets any of these; a node started with one off says so loudly.
/// </summary>
public sealed record RuleSwitches
{
    /// <summary>All rules on.</summary>
    public static readonly RuleSwitches AllOn = new();

    /// <summary>A lock condition is true only for a fence that is held.</summary>
    public bool Guard { get; init; } = true;

    /// <summary>
    /// The first row under a new epoch is written before anything is answered. With it goes the check that epochs never fall from row to row: that is what claims bring about,
    /// so that it can fail only without them, and would turn what the switch is to show into an entity that can't be started.
    /// </summary>
    public bool Claim { get; init; } = true;

    /// <summary>An activation that finds rows of a later owner ends, and its grant with it.</summary>
    public bool Superseded { get; init; } = true;

    /// <summary>An activation whose last one here ended with a write in flight claims again.</summary>
    public bool DirtyMark { get; init; } = true;

    /// <summary>Where the first batch under a new epoch has no row of its own, one is added.</summary>
    public bool ClaimWithoutEvents { get; init; } = true;

    /// <summary>Recovery fails on a gap in the sequence numbers.</summary>
    public bool GapCheck { get; init; } = true;

    /// <summary>Answers leave only while the grant is held and the node's lease is valid.</summary>
    public bool Gate { get; init; } = true;

    /// <summary>Whoever takes a shard of a node whose lease has run out fences that node in the same transaction.</summary>
    public bool FenceInTaking { get; init; } = true;

    /// <summary>Whoever takes a shard that was not released waits until the holder's lease has run out.</summary>
    public bool WaitOutLease { get; init; } = true;

    /// <summary>The counter at which a lease was seen to run out is still the same in the transaction that takes the shard.</summary>
    public bool CounterAtTake { get; init; } = true;

    /// <summary>A lease counts from when its renewal was sent, not from when the answer came.</summary>
    public bool LeaseFromSent { get; init; } = true;

    /// <summary>A release gives back only the grant that it is about, by its epoch.</summary>
    public bool ReleaseNamesEpoch { get; init; } = true;

    /// <summary>Rows of shards that this node holds and does not run are released.</summary>
    public bool OrphanSweep { get; init; } = true;

    /// <summary>Rows are deleted long after their snapshot only, and only below the older of two.</summary>
    public bool Retention { get; init; } = true;

    /// <summary>A persist that was rejected ends the activation.</summary>
    public bool RejectedPersistStops { get; init; } = true;

    /// <summary>Hand-over ends an activation after the write in flight, and after what has been taken in.</summary>
    public bool StopAfterWrite { get; init; } = true;

    /// <summary>Outcomes are remembered for repeats.</summary>
    public bool RememberOutcomes { get; init; } = true;

    /// <summary>Answers to second and later attempts that have no event of their own are stored all the same.</summary>
    public bool PersistedRefusals { get; init; } = true;

    /// <summary>An unknown request id from below the floor is not executed.</summary>
    public bool OutcomeFloor { get; init; } = true;

    /// <summary>Reads and writes wait for the outcome of a transaction that holds an intent on the key.</summary>
    public bool IntentBlocking { get; init; } = true;

    /// <summary>Whoever has an older transaction in its way waits a little before it dies. No rule of safety: without it more attempts die, and some tests are about those.</summary>
    public bool ShortWaits { get; init; } = true;

    /// <summary>What is read is what is committed, also where it is not applied yet.</summary>
    public bool CommittedIsRead { get; init; } = true;

    /// <summary>Reads of a transaction hold shared intents.</summary>
    public bool SharedIntents { get; init; } = true;

    /// <summary>Conditions of a transaction, on keys, fences or sessions, hold shared intents.</summary>
    public bool ConditionIntents { get; init; } = true;

    /// <summary>What a transaction without rows has read of several keys is read again, and counts when nothing has changed.</summary>
    public bool ConfirmReads { get; init; } = true;

    /// <summary>Votes count for the attempt that they name, and drops touch no later one.</summary>
    public bool AttemptTags { get; init; } = true;

    /// <summary>A participant that lacks an attempt durably refuses it when recovery asks.</summary>
    public bool RefuseLatePrepares { get; init; } = true;

    /// <summary>A commit touches only the Prepared that it names.</summary>
    public bool CommitNamesPrepared { get; init; } = true;

    /// <summary>After recovery the decision is durable before it is told.</summary>
    public bool DurableDecisionAfterRecovery { get; init; } = true;

    /// <summary>A transaction that its slot does not know is looked for in the table of older outcomes before anything is decided on it.</summary>
    public bool OutcomeLookUp { get; init; } = true;

    /// <summary>An operator's word that a participant is lost decides nothing: its rows are read.</summary>
    public bool ReadTheLost { get; init; } = true;

    /// <summary>What a coordinator begins is younger than all that it has met, whatever its clock says.</summary>
    public bool HybridTimestamps { get; init; } = true;

    /// <summary>Every grant raises the fence.</summary>
    public bool FenceGrowth { get; init; } = true;

    /// <summary>A backup has what all have prepared, though no decision is stored: its caller may have been told that it is committed.</summary>
    public bool CommitWithoutDecision { get; init; } = true;

    /// <summary>What is restored goes on far above what its backup says, since more was given out after that was made.</summary>
    public bool RestoreAbove { get; init; } = true;

    /// <summary>That an acquireAll is under way is stored before any lock is asked for it.</summary>
    public bool OpenWorkPersisted { get; init; } = true;

    /// <summary>An acquireAll that is refused gives back what it has, and waits until it has.</summary>
    public bool GiveAllBack { get; init; } = true;

    /// <summary>A cycle of waits that was found is looked at once more before anybody is told.</summary>
    public bool DeadlockSecondPass { get; init; } = true;

    /// <summary>A lock is given only to a session that is known to be alive at that moment.</summary>
    public bool LivenessAtGrant { get; init; } = true;

    /// <summary>A fence guards only while its holder's session is known to be alive; and what a lock has only from its rows is no reason to refuse it, before the sessions of its holders have said that they live.</summary>
    public bool LivenessAtGuard { get; init; } = true;

    /// <summary>Locks in use are woken when their shard is taken, so that the end of a holder is noticed without anybody's asking.</summary>
    public bool LocksWake { get; init; } = true;

    /// <summary>Nobody overtakes those who wait for a lock already, whatever its mode.</summary>
    public bool LockFifo { get; init; } = true;

    /// <summary>A cancelled request for a lock stays refused, also where it has still to come.</summary>
    public bool PersistedCancel { get; init; } = true;

    /// <summary>A holding that several requests of its holder were told of ends by a cancel only once all of them are cancelled.</summary>
    public bool EveryRequestCounts { get; init; } = true;

    /// <summary>A holding ends only when no transaction rests on its fence any more.</summary>
    public bool PinBeforeRelease { get; init; } = true;

    /// <summary>A lock is given only to who is compatible with all who have it.</summary>
    public bool LockModes { get; init; } = true;

    /// <summary>A key whose time to live is over is ended by a stored row before anybody is told that it is gone.</summary>
    public bool ExpiryPersisted { get; init; } = true;
}
