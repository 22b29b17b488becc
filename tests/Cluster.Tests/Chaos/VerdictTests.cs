using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Judging;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Locks;
using Xunit;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>From what clients write down to the verdict, through the files: each way of being wrong must be seen at the end.</summary>
public sealed class VerdictTests : IDisposable
{
    private const long Second = 1_000_000;

    private readonly HistoryFiles files = new(Directory.CreateTempSubdirectory("akkaha-verdict-").FullName);

    public void Dispose() => Directory.Delete(files.Directory, recursive: true);

    private async Task<RunFigures> JudgeAsync(params object[] lines)
    {
        await using (var recorder = new Recorder(files))
        {
            foreach (var line in lines)
            {
                if (line is Operation operation) recorder.Add(operation);
                else recorder.Add((FaultDone)line);
            }
        }
        files.Write(files.Facts, new RunFacts(1, 0.5, 4, "postgres", "", "", 3, 10, DateTimeOffset.UnixEpoch) { Duration = 30 * Second });
        return Verdict.Of(files);
    }

    private async Task BreaksAsync(string promise, params Operation[] operations)
    {
        var figures = await JudgeAsync([.. operations]);
        Assert.Equal(promise, Assert.Single(figures.Violations).Key);
    }

    private static KeyOperation Put(long start, long end, string value, long revision) =>
        new("c", start, end, Outcome.Ok, "k", KeyAction.Put) { Value = value, Revision = revision };

    private static KeyOperation Get(long start, long end, string? seen, long revision) =>
        new("c", start, end, Outcome.Ok, "k", KeyAction.Get) { Seen = seen, Revision = revision, Node = "node-1" };

    private static GrantOperation Grant(string holder, long fence, long start, long end, long until) =>
        new("c", start, end, Outcome.Ok, "l") { Holder = holder, Fence = fence, BelievedUntil = until };

    private static GrantOperation Permits(string holder, long fence, int permits, long start, long until) =>
        Grant(holder, fence, start, start + 1, until) with { Use = LockUse.Semaphore, Permits = permits, Limit = 3 };

    private static KeyOperation Guarded(long fence, long start, long revision, Outcome outcome = Outcome.Ok) =>
        new("c", start, start + 1, outcome, "guarded/l", KeyAction.Put) { Value = $"{fence}/{revision}", Revision = revision, Lock = "l", Fence = fence };

    private static BalanceOperation Balance(long start, params long[] accounts) => new("c", start, start + 1, Outcome.Ok, accounts);

    private static SessionOperation Session(SessionAction action, long start, bool ended = false) =>
        new("c", start, start + 1, ended ? Outcome.Failed : Outcome.Ok, "1-x", action) { SaysEnded = ended, TtlSeconds = action == SessionAction.Create ? 2 : 0 };

    [Fact]
    public async Task A_good_history_is_good_and_counted()
    {
        var figures = await JudgeAsync(
            Put(1, 2, "a", 1), Get(3, 4, "a", 1), new KeyOperation("c", 5, 6, Outcome.Unknown, "k", KeyAction.Put) { Value = "b" }, new KeyOperation("c", 7, 8, Outcome.Failed, "k", KeyAction.Get),
            Grant("x", 1, 1, 2, 9), Guarded(1, 3, 1), new ReleaseOperation("c", 10, 11, Outcome.Ok, "l", 1), Guarded(1, 12, 0, Outcome.Failed),
            new TransferOperation("c", 1, 2, Outcome.Ok, "", 0, 1, 4), new TransferOperation("c", 1, 2, Outcome.Unknown, "t", 1, 2, 1), new ResolveOperation("c", 20, 21, Outcome.Ok, "t", true),
            Balance(25 * Second, 6, 13, 11),
            Session(SessionAction.Create, 1), Session(SessionAction.KeepAlive, Second), Session(SessionAction.Get, 4 * Second, ended: true), Session(SessionAction.KeepAlive, 5 * Second, ended: true),
            new FaultDone("kill", 10 * Second, 12 * Second, ["node-1"], 3, "dead"), new FaultDone("pause", 20 * Second, 21 * Second, ["node-2"], 0, "stopped"), new FaultDone("join", 22 * Second, 23 * Second, [], 0, ""));
        Assert.Equal(0, figures.ViolationCount);
        Assert.Equal((10, 4, 2), ((int)figures.Acknowledged, (int)figures.Failed, (int)figures.Unknown));
        Assert.Equal(1, figures.NearFault);
        Assert.Equal((2, 1), (figures.AimedFaults, figures.HotFaults));
        Assert.Equal(1, figures.Nemeses["join"]);
        Assert.Equal(30, figures.Workloads["registers"].LongestGapSeconds, 1);
    }

    [Fact]
    public async Task Readers_beside_each_other_and_one_of_them_upgraded_when_it_is_alone_are_good() => Assert.Equal(0, (await JudgeAsync(
        Grant("x", 1, 1, 2, 5) with { Use = LockUse.Shared }, Grant("y", 2, 3, 4, 9) with { Use = LockUse.Upgradeable }, new ReleaseOperation("c", 6, 7, Outcome.Ok, "l", 1),
        Grant("y", 3, 8, 10, 20) with { IsUpgrade = true }, Guarded(3, 11, 1))).ViolationCount);

    [Fact]
    public Task A_reader_beside_one_who_has_it_alone() => BreaksAsync("one holder at a time", Grant("x", 1, 1, 2, 9), Grant("y", 2, 3, 4, 5) with { Use = LockUse.Shared });

    [Fact]
    public Task An_upgrade_beside_a_reader() => BreaksAsync("one holder at a time",
        Grant("x", 1, 1, 2, 9) with { Use = LockUse.Shared }, Grant("y", 2, 3, 4, 5) with { Use = LockUse.Upgradeable }, Grant("y", 3, 6, 7, 8) with { IsUpgrade = true });

    [Fact]
    public async Task Permits_up_to_the_limit_and_a_holder_that_comes_again_are_good() => Assert.Equal(0, (await JudgeAsync(
        Permits("s/x", 1, 2, 1, 9), Permits("s/y", 2, 1, 2, 9), Permits("s/x", 1, 2, 4, 9))).ViolationCount);

    [Fact]
    public Task More_permits_than_there_are() => BreaksAsync("no more permits than there are", Permits("s/x", 1, 2, 1, 9), Permits("s/y", 2, 2, 3, 9));

    [Fact]
    public Task A_holder_that_comes_again_and_gets_another_fence() => BreaksAsync("a repeat gets the same grant", Permits("s/x", 1, 1, 1, 9), Permits("s/x", 2, 1, 3, 9));

    [Fact]
    public async Task One_who_overtakes_in_the_journal()
    {
        files.WriteQueues([new("l", QueueStep.Enqueued, "a"), new("l", QueueStep.Enqueued, "b"), new("m", QueueStep.Granted, "c"), new("l", QueueStep.Granted, "b")]);
        Assert.Equal("first come, first served", Assert.Single((await JudgeAsync()).Violations).Key);
    }

    [Fact]
    public Task A_write_under_the_fence_of_a_session_that_has_ended_though_nobody_else_has_had_the_lock() => BreaksAsync("a session that has ended guards nothing",
        Session(SessionAction.Create, 1), Grant("1-x/h", 1, 2, 3, 4), Session(SessionAction.Get, 4 * Second, ended: true), Guarded(1, 5 * Second, 1));

    [Fact]
    public Task A_stale_read_of_one_node() => BreaksAsync("linearizability", Put(1, 2, "a", 1), Put(3, 4, "b", 2), Get(5, 6, "a", 1));

    [Fact]
    public Task A_lost_acknowledged_write() => BreaksAsync("linearizability", Put(1, 2, "a", 1), Get(5, 6, null, 0));

    [Fact]
    public Task An_unknown_write_that_comes_into_effect_after_minutes() => BreaksAsync("linearizability",
        Put(1, 2, "a", 1), new KeyOperation("c", 3, 4, Outcome.Unknown, "k", KeyAction.Put) { Value = "late" }, Get(200 * Second, 201 * Second, "a", 1), Get(210 * Second, 211 * Second, "late", 2));

    [Fact]
    public async Task An_unknown_write_that_comes_into_effect_after_a_minute_is_good() => Assert.Equal(0, (await JudgeAsync(
        Put(1, 2, "a", 1), new KeyOperation("c", 3, 4, Outcome.Unknown, "k", KeyAction.Put) { Value = "late" }, Get(60 * Second, 61 * Second, "a", 1), Get(70 * Second, 71 * Second, "late", 2))).ViolationCount);

    [Fact]
    public Task A_comparison_refused_though_it_fits() => BreaksAsync("linearizability", Put(1, 2, "a", 1),
        new KeyOperation("c", 3, 4, Outcome.Failed, "k", KeyAction.Put) { Value = "b", IfRevision = 1, Mismatch = true });

    [Fact]
    public Task A_transaction_that_is_gone() => BreaksAsync("strict serializability",
        new ListOperation("c", 1, 2, Outcome.Ok, "t", [new("x", "1", ["1"])]), new ListOperation("c", 3, 4, Outcome.Ok, "u", [new("x", null, [])]));

    [Fact]
    public Task A_transaction_that_was_resolved_as_aborted_and_is_there() => BreaksAsync("aborted is nothing done",
        new ListOperation("c", 1, 2, Outcome.Unknown, "t", [new("x", "1", null)]), new ListOperation("c", 3, 4, Outcome.Ok, "u", [new("x", null, ["1"])]), new ResolveOperation("c", 5, 6, Outcome.Ok, "t", false));

    private static RegistersOperation Cells(long start, params RegisterStepDone[] steps) => new("c", start, start + 1, Outcome.Ok, $"t{start}", steps);

    [Fact]
    public async Task Registers_that_are_read_and_written_together_in_one_order_are_good() => Assert.Equal(0, (await JudgeAsync(
        Cells(1, new("x", null, null, 0), new("x", "1", null, 1), new("y", "2", null, 1)), Cells(3, new("y", null, "2", 1), new("x", "3", null, 2)),
        new RegistersOperation("c", 5, 6, Outcome.Unknown, "u", [new("x", "4", null, null)]) { Conditional = true }, new ResolveOperation("c", 7, 8, Outcome.Ok, "u", true),
        Cells(9, new("x", null, "3", 2), new("y", null, "2", 1)))).ViolationCount);

    [Fact]
    public Task Registers_of_which_one_is_read_before_a_transaction_and_one_after_it() => BreaksAsync("strict serializability",
        Cells(1, new("x", "1", null, 1), new("y", "2", null, 1)), Cells(3, new("x", null, "1", 1), new("y", null, null, 0)));

    [Fact]
    public Task Registers_each_written_on_what_the_other_was() => BreaksAsync("strict serializability",
        new RegistersOperation("c", 1, 9, Outcome.Ok, "t", [new("x", null, null, 0), new("y", "1", null, 1)]) { Conditional = true },
        new RegistersOperation("d", 2, 8, Outcome.Ok, "u", [new("y", null, null, 0), new("x", "2", null, 1)]) { Conditional = true });

    [Fact]
    public Task A_register_that_shows_what_was_aborted() => BreaksAsync("dirty read (G1a)",
        new RegistersOperation("c", 1, 2, Outcome.Failed, "t", [new("x", "1", null, null)]), Cells(3, new RegisterStepDone("x", null, "1", 1)));

    [Fact]
    public Task A_snapshot_that_is_torn() => BreaksAsync("money is conserved", Balance(1, 10, 9, 10), Balance(5, 10, 10, 10));

    [Fact]
    public Task A_transfer_that_is_lost() => BreaksAsync("money is where it was sent", new TransferOperation("c", 1, 2, Outcome.Ok, "", 0, 1, 4), Balance(5, 10, 10, 10));

    [Fact]
    public Task A_snapshot_of_the_past_that_is_right_in_itself() => BreaksAsync("no snapshot is of the past",
        new TransferOperation("c", 1, 2, Outcome.Ok, "", 0, 1, 4) { FromRevision = 2, ToRevision = 2 }, Balance(5, 10, 10, 10) with { Revisions = [1, 1, 1] },
        Balance(9, 6, 14, 10) with { Revisions = [2, 2, 1] });

    [Fact]
    public Task Two_holders() => BreaksAsync("one holder at a time", Grant("x", 1, 1, 2, 9), Grant("y", 2, 3, 4, 8));

    [Fact]
    public Task A_lock_that_is_seen_as_before() => BreaksAsync("no lock is seen as it was before",
        Grant("x", 1, 1, 2, 3), Grant("y", 2, 4, 5, 6), new LockReadOperation("c", 7, 8, Outcome.Ok, "l", 1));

    [Fact]
    public Task A_write_under_a_spent_fence() => BreaksAsync("a spent fence guards nothing", new ReleaseOperation("c", 1, 2, Outcome.Ok, "l", 1), Guarded(1, 3, 1));

    [Fact]
    public Task A_write_of_unknown_outcome_that_a_read_shows_to_have_come_after_a_later_fence() => BreaksAsync("the store takes no write of an older fence",
        Grant("x", 5, 1, 2, 9), Guarded(5, 3, 0, Outcome.Unknown) with { Value = "5/late", Revision = null },
        Grant("y", 6, 10, 11, 30), Guarded(6, 12, 1), new KeyOperation("c", 20, 21, Outcome.Ok, "guarded/l", KeyAction.Get) { Seen = "5/late", Revision = 2 });

    [Fact]
    public Task A_write_of_unknown_outcome_under_a_spent_fence_that_a_read_shows() => BreaksAsync("a spent fence guards nothing",
        new ReleaseOperation("c", 1, 2, Outcome.Ok, "l", 1), Guarded(1, 3, 0, Outcome.Unknown) with { Value = "1/late", Revision = null },
        new KeyOperation("c", 20, 21, Outcome.Ok, "guarded/l", KeyAction.Get) { Seen = "1/late", Revision = 1 });

    [Fact]
    public Task A_session_that_a_zombie_keeps_alive() => BreaksAsync("a session that has ended is over",
        Session(SessionAction.Create, 1), Session(SessionAction.Get, 4 * Second, ended: true), Session(SessionAction.Get, 5 * Second));

    [Fact]
    public Task A_session_that_ends_too_early_and_is_then_closed() => BreaksAsync("a session that is kept alive lives",
        Session(SessionAction.Create, 1), Session(SessionAction.KeepAlive, 2 * Second), Session(SessionAction.Get, 3 * Second, ended: true), Session(SessionAction.Close, 4 * Second, ended: true));

    [Fact]
    public Task A_session_that_the_close_finds_ended_too_early() => BreaksAsync("a session that is kept alive lives",
        Session(SessionAction.Create, 1), Session(SessionAction.KeepAlive, 2 * Second), Session(SessionAction.Close, 3 * Second, ended: true));

    [Fact]
    public async Task A_session_that_was_closed_may_be_told_to_have_ended() => Assert.Equal(0, (await JudgeAsync(
        Session(SessionAction.Create, 1), Session(SessionAction.Close, Second) with { Outcome = Outcome.Unknown }, Session(SessionAction.Get, Second + 5, ended: true))).ViolationCount);

    [Fact]
    public Task A_lock_granted_to_a_session_that_has_ended() => BreaksAsync("no lock goes to a session that has ended",
        Session(SessionAction.Create, 1), Session(SessionAction.Close, Second), Grant("1-x/h", 1, 4 * Second, 5 * Second, 4 * Second));

    [Fact]
    public Task A_lock_granted_to_a_waiter_whose_session_had_ended_before_the_holder_before_it_gave_it_back() => BreaksAsync("no lock goes to a session that has ended",
        Session(SessionAction.Create, 1), Grant("1-x/h", 2, 2, 6 * Second, 2), Session(SessionAction.Get, 4 * Second, ended: true),
        Grant("2-y/h", 1, 1, 2, 5 * Second), new ReleaseOperation("c", 5 * Second, 5 * Second + 9, Outcome.Ok, "l", 1));

    [Fact]
    public Task A_session_that_ends_too_early() => BreaksAsync("a session that is kept alive lives",
        Session(SessionAction.Create, 1), Session(SessionAction.KeepAlive, 2 * Second), Session(SessionAction.Get, 3 * Second, ended: true));
}
