using System.Diagnostics;
using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>
/// A check that can't fail proves nothing: with each rule switched off, some seed must go red, by what clients see. The settings make a storm of what the
/// rule is for, so that it takes seconds; the storms that are drawn have all of it, more rarely.
/// </summary>
/// <remarks>
/// A few rules are not for what a client sees at once, and the machinery says what is broken before a client could: with <see cref="RuleSwitches.Retention"/> off, a recovery that finds
/// rows gone which it needs (the entity can't be started any more), and the journal that takes a number for the second time; with <see cref="RuleSwitches.Superseded"/> off, a recovery that
/// finds a row of an earlier epoch behind one of a later. <see cref="RuleSwitches.LivenessAtGuard"/> and <see cref="RuleSwitches.LocksWake"/> are for a rare meeting of a lost node and a frozen holder: see Directed/SleepingLockTests.
/// </remarks>
[Collection(nameof(Alone))]
public sealed class MutationTests(ITestOutputHelper output)
{
    /// <summary>A minute of one processor: a machine that has much else to do does not turn this red.</summary>
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    /// <summary>Nodes that lose sight of the database, and hear late that others have their shards.</summary>
    private const string Zombies = "Kind=Storm,Registers=3,Accounts=0,Locks=0,MultiLocks=0,Lists=0,Nodes=3,Shards=3,Clients=5,Steps=14,DatabaseCutEveryMs=1000,DownMs=5000,HearsLateMs=5000,"
        + "SuspectEveryMs=0,SuspectsFenced=0,FenceEveryMs=0,CrashEveryMs=0,OutageEveryMs=0,ActivationDiesEveryMs=0,PassivateEveryMs=0,CommitSlow=0";

    /// <summary>Nodes that lose sight of the database for a while and renew then, while others suspect them.</summary>
    private const string Renewed = Zombies + ",SuspectEveryMs=300,HearsLateMs=20000,DownMs=3000,TransactionSlow=0.15,TransactionFails=0,TransactionUnknown=0,PauseAtStep=0,ThreadStalls=0,PauseEveryMs=0,PartitionEveryMs=0,SplitEveryMs=0";

    /// <summary>The end of a session that lands when it has been kept alive since.</summary>
    private const string LateEnds = "Kind=Storm,Locks=2,Accounts=0,Lists=0,Registers=0,CommitLate=0.3,CommitLateMs=5000";

    /// <summary>Nodes that lose sight of the database, and nothing else.</summary>
    private const string Cut = Zombies + ",Registers=2,SplitEveryMs=0,PauseEveryMs=0,PartitionEveryMs=0,TransactionFails=0,TransactionUnknown=0,TransactionSlow=0,MessageLost=0,MessageSlow=0";

    /// <summary>Transactions that are in each other's way, so that they have several attempts, and messages that overtake each other.</summary>
    private const string Contended = "Kind=Storm,Lists=2,Registers=0,Accounts=2,Locks=0,Clients=6,Steps=12,MessageSlow=0.4,MessageSlowMs=300,MessageTwice=0.2";

    /// <summary>Several locks at once, by clients that are in each other's way, while slots change their owners.</summary>
    private const string SeveralLocks = "Kind=Storm,MultiLocks=3,Registers=0,Accounts=0,Locks=0,Lists=0,Expiring=0,Clients=4,Steps=10,MoveEveryMs=400,ActivationDiesEveryMs=500";

    private const string OnlyLocks = "Kind=Storm,Locks=1,Lists=1,MultiLocks=0,Registers=0,Accounts=0,Expiring=0,Clients=5,Steps=14";

    [Fact]
    public void Without_the_gate_a_zombie_is_caught() => GoesRed(RuleSwitches.AllOn with { Gate = false }, Zombies);

    [Fact]
    public void Without_a_fence_in_the_taking_a_node_that_comes_back_is_caught() => GoesRed(RuleSwitches.AllOn with { FenceInTaking = false }, Cut);

    [Fact]
    public void Without_waiting_for_the_lease_two_owners_are_caught() =>
        GoesRed(RuleSwitches.AllOn with { WaitOutLease = false }, Zombies.Replace("SuspectEveryMs=0", "SuspectEveryMs=1000", StringComparison.Ordinal));

    [Fact]
    public void Without_the_claim_a_write_that_lands_late_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { Claim = false }, LateEnds);

    [Fact]
    public void Without_a_claim_where_there_is_no_event_an_end_that_lands_late_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { ClaimWithoutEvents = false }, LateEnds);

    [Fact]
    public void Without_the_gap_check_a_replay_with_missing_rows_is_caught() => GoesRed(RuleSwitches.AllOn with { GapCheck = false }, "ReplayMisses=0.02");

    [Fact]
    public void Without_retention_history_that_is_still_needed_is_missed() => GoesRed(RuleSwitches.AllOn with { Retention = false }, "SnapshotEvery=0.3,SnapshotHidden=0.1", "rows are missing");

    [Fact]
    public void Without_retention_a_number_that_was_freed_is_given_again() =>
        GoesRed(RuleSwitches.AllOn with { Retention = false }, "SnapshotEvery=0.3,SnapshotHidden=0,CommitLate=0.1,CommitLateMs=5000", "given again");

    [Fact]
    public void Without_stopping_at_a_rejected_persist_a_gap_is_caught() => GoesRed(RuleSwitches.AllOn with { RejectedPersistStops = false }, "CommitRejected=0.03");

    [Fact]
    public void Without_the_orphan_sweep_a_shard_that_nobody_gets_is_caught() => GoesRed(RuleSwitches.AllOn with { OrphanSweep = false }, "TransactionUnknown=0.1,MoveEveryMs=500");

    [Fact]
    public void Without_a_stop_after_the_write_a_hand_over_that_loses_calls_is_caught() => GoesRed(RuleSwitches.AllOn with { StopAfterWrite = false }, "Kind=HandOvers");

    [Fact]
    public void Without_remembered_outcomes_a_repeat_is_caught() => GoesRed(RuleSwitches.AllOn with { RememberOutcomes = false });

    [Fact]
    public void Without_persisted_refusals_a_first_attempt_that_comes_after_the_second_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { PersistedRefusals = false }, "Kind=Storm,MessageSlow=0.4,MessageSlowMs=2000,MessageLost=0.1,Registers=1,Accounts=0,Lists=0,Locks=0");

    [Fact]
    public void Without_the_floor_of_outcomes_a_call_that_comes_after_they_are_forgotten_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { OutcomeFloor = false }, "Kind=Long,MessageVeryLate=0.2");

    [Fact]
    public void Without_a_durable_decision_after_recovery_two_decisions_are_caught() =>
        GoesRed(RuleSwitches.AllOn with { DurableDecisionAfterRecovery = false },
            "Kind=Storm,Hurried=true,Lists=2,Registers=0,Accounts=0,Locks=0,Nodes=2,Clients=6,Steps=10,CommitLate=0.3,CommitLateMs=3000,CommitSlow=0.4,RecoverySlowMs=1500,MessageSlow=0.3,MessageSlowMs=1000,"
            + "MessageLost=0,MessageTwice=0,CrashEveryMs=0,OutageEveryMs=0,PauseEveryMs=0,DatabaseCutEveryMs=0,SplitEveryMs=0,MoveEveryMs=0,SuspectEveryMs=0,FenceEveryMs=0,PartitionEveryMs=0,"
            + "ActivationDiesEveryMs=0,PassivateEveryMs=0,PauseAtStep=0,ThreadStalls=0,SkewMs=0,ReplayMisses=0,CommitLost=0,CommitUnknown=0,CommitRejected=0");

    [Fact]
    public void Without_blocking_intents_a_torn_transaction_is_caught() => GoesRed(RuleSwitches.AllOn with { IntentBlocking = false }, "Accounts=3,Registers=0,Locks=0,Lists=0", "money is conserved");

    [Fact]
    public void Without_shared_intents_a_cycle_is_caught() => GoesRed(RuleSwitches.AllOn with { SharedIntents = false }, "", "strict serializability");

    [Fact]
    public void Without_intents_for_conditions_a_condition_that_holds_no_longer_is_caught() => GoesRed(RuleSwitches.AllOn with { ConditionIntents = false }, "", "strict serializability");

    [Fact]
    public void Without_tags_for_attempts_a_vote_of_an_earlier_one_is_caught() => GoesRed(RuleSwitches.AllOn with { AttemptTags = false }, Contended, "money is conserved");

    [Fact]
    public void Without_naming_the_prepared_a_second_application_is_caught() => GoesRed(RuleSwitches.AllOn with { CommitNamesPrepared = false }, "", "money is conserved");

    [Fact]
    public void Without_looking_for_older_outcomes_a_transaction_that_is_run_twice_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { OutcomeLookUp = false }, "InSlotMs=300,Lists=2,MessageLost=0.1", "exactly once");

    [Fact]
    public void Without_looking_for_older_outcomes_a_commit_that_is_reported_as_aborted_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { OutcomeLookUp = false }, "InSlotMs=300,Lists=2", "was committed, and is Aborted");

    [Fact]
    public void Without_reading_twice_a_sum_that_never_was_is_caught() => GoesRed(RuleSwitches.AllOn with { ConfirmReads = false }, "Accounts=3,Registers=0,Locks=0,Lists=0", "money is conserved");

    [Fact]
    public void Without_reading_twice_lists_in_no_order_are_caught() => GoesRed(RuleSwitches.AllOn with { ConfirmReads = false }, "Lists=3,Accounts=0,Registers=0,Locks=0", "strict serializability");

    [Fact]
    public void Without_reading_the_rows_of_the_lost_a_transaction_that_an_operator_decides_otherwise_is_caught() => GoesRed(RuleSwitches.AllOn with { ReadTheLost = false }, "Kind=Storm,Lists=2,Registers=0,Accounts=0,Locks=0,MultiLocks=0,Expiring=0,Clients=4,Steps=12,ActivationDiesEveryMs=300");

    [Fact]
    public void Without_reading_what_is_committed_and_not_applied_a_stale_read_is_caught() => GoesRed(RuleSwitches.AllOn with { CommittedIsRead = false }, "Accounts=3,Registers=0,Locks=0,Lists=0");

    [Fact]
    public void Without_the_guard_a_write_with_an_old_fence_is_caught() => GoesRed(RuleSwitches.AllOn with { Guard = false }, "Locks=1");

    [Fact]
    public void Without_a_stored_end_a_value_that_is_there_again_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { ExpiryPersisted = false }, "Kind=Storm,Expiring=1,Registers=0,Accounts=0,Locks=0,Lists=0,SkewMs=2000,MoveEveryMs=300,SweepEveryMs=20000", "linearizability");

    [Fact]
    public void Without_growing_fences_a_fence_given_twice_is_caught() => GoesRed(RuleSwitches.AllOn with { FenceGrowth = false }, "Locks=1");

    [Fact]
    public void Without_open_work_that_is_stored_a_set_of_locks_that_is_held_in_part_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { OpenWorkPersisted = false }, SeveralLocks, "taking several locks");

    [Fact]
    public void Without_giving_all_back_a_set_of_locks_that_is_held_in_part_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { GiveAllBack = false }, SeveralLocks, "taking several locks");

    [Fact]
    public void Without_asking_the_session_at_the_grant_a_lock_that_goes_to_the_dead_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { LivenessAtGrant = false }, OnlyLocks + ",MessageLost=0.3,MessageSlow=0.2,MessageSlowMs=3000", "a session that has ended");

    [Fact]
    public void Without_first_come_first_served_one_who_overtakes_is_caught() => GoesRed(RuleSwitches.AllOn with { LockFifo = false }, OnlyLocks, "first come, first served");

    [Fact]
    public void Without_what_goes_together_two_holders_are_caught() => GoesRed(RuleSwitches.AllOn with { LockModes = false }, OnlyLocks, "one holder at a time");

    [Fact]
    public void Without_a_cancel_that_is_stored_a_request_that_comes_after_it_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { PersistedCancel = false }, OnlyLocks + ",MessageSlow=0.4,MessageSlowMs=3000,MessageLost=0.1", "was cancelled, and is there");

    [Fact]
    public void Without_counting_every_request_of_a_holder_a_cancel_that_takes_from_another_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { EveryRequestCounts = false }, OnlyLocks, "a cancel takes nothing from others");

    [Fact]
    public void Without_the_mark_of_a_write_in_flight_one_that_lands_late_is_caught() => GoesRed(RuleSwitches.AllOn with { DirtyMark = false }, LateEnds + ",ActivationDiesEveryMs=500");

    [Fact]
    public void Without_an_end_to_who_finds_a_later_owner_a_zombie_that_writes_is_caught() => GoesRed(RuleSwitches.AllOn with { Superseded = false }, Zombies);

    // What clients see of it is rare (some 1 in 1,500 seeds), so that without --long the one who watches the owners is to say it.
    [Fact]
    public void Without_comparing_the_counter_in_the_taking_a_holder_that_renewed_meanwhile_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { CounterAtTake = false }, Renewed, "and so may", watchesOwners: true);

    [LongFact]
    public void Without_comparing_the_counter_in_the_taking_clients_see_it() => GoesRed(RuleSwitches.AllOn with { CounterAtTake = false }, Renewed, atMost: 20 * AtMost);

    [Fact]
    public void With_a_release_of_whatever_epoch_a_grant_that_is_given_away_while_it_is_used_is_caught() =>
        GoesRed(RuleSwitches.AllOn with { ReleaseNamesEpoch = false }, "Kind=Storm,Registers=2,Accounts=0,Locks=0,Lists=0,Nodes=3,Shards=2,Clients=5,Steps=14,MoveEveryMs=200,HearsLateMs=300,TransactionSlow=0.5");

    private void GoesRed(RuleSwitches rules, string with = "", string saying = "", bool watchesOwners = false, TimeSpan? atMost = null)
    {
        var watch = Stopwatch.StartNew();
        var begun = Environment.CpuUsage.TotalTime;
        // What clients see is to show it, as a rule, and not what only the machinery can see.
        var found = Mutation.Find(new Conditions(rules, with, WatchesOwners: watchesOwners), saying, () => Environment.CpuUsage.TotalTime - begun < (atMost ?? AtMost));
        Assert.True(found is not null, $"no seed went red in {Environment.CpuUsage.TotalTime - begun} of a processor");
        output.WriteLine($"after {found.Seeds} seeds, {watch.Elapsed.TotalSeconds:0.0} s and {(Environment.CpuUsage.TotalTime - begun).TotalSeconds:0.0} s of a processor, seed {found.Seed}: {found.Broken}");
    }
}

/// <summary>Nothing beside it, since it goes by the processor time of the whole process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
