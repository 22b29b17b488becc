using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Tests.Api;
using AkkaHa.Node.Watches;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Lists and watches of locks over real journals.</summary>
[Collection(nameof(JournalCollection))]
public sealed class LockIndexTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    private static Event Granted(long fence, LockMode mode = LockMode.Exclusive) => new() { LockGranted = new LockGranted { SessionId = "4-s", HolderId = "h", RequestId = $"r{fence}", Mode = mode, Fence = fence } };

    private static Event Enqueued(string request) => new() { LockEnqueued = new LockEnqueued { SessionId = "4-s", HolderId = request, RequestId = request } };

    private static Event Left(string request, bool free) => new() { LockWaiterLeft = new LockWaiterLeft { RequestId = request, Reason = "cancelled", Free = free } };

    private static Event Released(long fence, bool free, string reason = "released") =>
        new() { LockReleased = new LockReleased { Fence = fence, Reason = reason, Free = free, SessionId = "4-s", HolderId = "h", Mode = LockMode.Exclusive } };

    private static Task<IReadOnlyList<string>> NamesAsync(TestJournal journal) => journal.ReadAsync("SELECT name FROM lock_index ORDER BY name");

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task It_has_the_locks_that_are_held_or_waited_for(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var index = new LockIndex(journal.Database);
        await journal.AppendAsync("lock/held", Granted(1));
        await journal.AppendAsync("lock/free", Granted(1));
        await journal.AppendAsync("lock/free", Released(1, free: true));
        await journal.AppendAsync("lock/passed on", Granted(1), Enqueued("w"));
        await journal.AppendAsync("lock/passed on", Released(1, free: false), Granted(2));
        await journal.AppendAsync("lock/waited for", Granted(1), Enqueued("w"), Released(1, free: false));
        await journal.AppendAsync("lock/left", Granted(1), Enqueued("w"), Released(1, free: false));
        await journal.AppendAsync("lock/left", Left("w", free: true));
        await journal.AppendAsync("kv/held", TestJournal.Put("1", 1));
        Assert.Equal(await journal.HorizonAsync(), await index.AdvanceAsync(null, default));
        Assert.Equal(["held", "passed on", "waited for"], await NamesAsync(journal));
        await journal.AppendAsync("lock/held", Released(1, free: true));
        await journal.AppendAsync("lock/free", Granted(2));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new LockIndex(journal.Database).AdvanceAsync(null, default)));
        Assert.Equal(["free", "passed on", "waited for"], await NamesAsync(journal));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Where_there_is_none_it_is_made_from_the_locks_themselves_once(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.RunAsync("DROP TABLE lock_index; DELETE FROM journal_mark WHERE name = 'locks'");
        // As an earlier version wrote them: without a word on whether that frees the lock.
        await journal.AppendAsync("lock/held", Granted(1));
        await journal.AppendAsync("lock/free", Granted(1));
        await journal.AppendAsync("lock/free", Released(1, free: false));
        await journal.EnsureSchemaAsync();
        var index = new LockIndex(journal.Database);
        Assert.Null(await index.AdvanceAsync(null, default));
        Assert.False(await new JournalFloor(journal.Database).RaiseAsync("lock/held", 1, default));
        Assert.True(await index.RebuildAsync(default));
        Assert.False(await index.RebuildAsync(default));
        await journal.AppendAsync("lock/new", Granted(1));
        await index.AdvanceAsync(null, default);
        Assert.Equal(["held", "new"], await NamesAsync(journal));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_list_asks_each_and_leaves_out_those_that_say_they_are_free(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var entities = new FakeEntities
        {
            Answer = (command, _) => Task.FromResult(new Reply
            {
                Lock = command.GetLock.Name.EndsWith('x') ? new LockState { Name = command.GetLock.Name } : new LockState { Name = command.GetLock.Name, Holders = { new LockHolder { Fence = 1 } } },
            }),
        };
        var lists = new LockLists(new LockIndex(journal.Database), entities);
        foreach (var name in new[] { "p/c", "p/a", "p/bx", "p/b", "o", "q", "p/d" }) await journal.AppendAsync($"lock/{name}", Granted(1));

        var (names, request) = (new List<string>(), new ListLocksRequest { Prefix = "p/", Limit = 2 });
        do
        {
            var page = await lists.ListAsync(request, default);
            Assert.True(page.Locks.Count is > 0 and <= 2);
            names.AddRange(page.Locks.Select(l => l.Name));
            request.After = page.Next;
        }
        while (request.After.Length > 0);

        Assert.Equal(["p/a", "p/b", "p/c", "p/d"], names);
        Assert.Equal(6, (await lists.ListAsync(new ListLocksRequest(), default)).Locks.Count);
        Assert.Empty((await lists.ListAsync(new ListLocksRequest { Prefix = "r" }, default)).Locks);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_tells_what_happened_from_where_it_is_asked_to_and_goes_on(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var lifetime = new WatchNode.Lifetime();
        var watches = new LockWatches(journal.Database, lifetime);
        await journal.AppendAsync("lock/a", Granted(1), Enqueued("w"));
        await journal.AppendAsync("lock/a", Released(1, free: false, reason: "forced: why"), Granted(2, LockMode.Upgradeable));
        await journal.AppendAsync("lock/b", Granted(1));
        await journal.AppendAsync("kv/a", TestJournal.Put("1", 1));
        await using var all = new Seen(watches, new WatchLocksRequest { From = "0" });
        Assert.Equal(["granted a 1", "forced a 1", "granted a 2", "granted b 1"], await all.NextAsync(4));
        await using var later = new Seen(watches, new WatchLocksRequest { Name = "a", From = all.Positions[1] });
        Assert.Equal(["granted a 2"], await later.NextAsync(1));
        await using var now = new Seen(watches, new WatchLocksRequest { Prefix = "b" });
        await now.BeginAsync();
        await journal.AppendAsync("lock/a", new Event { LockUpgraded = new LockUpgraded { Fence = 2, NewFence = 3, RequestId = "u", SessionId = "4-s", HolderId = "h" } });
        await journal.AppendAsync("lock/b", Released(1, free: true, reason: "session-ended"));
        Assert.Equal(["upgraded a 3"], await later.NextAsync(1));
        Assert.Equal(["expired b 1"], await now.NextAsync(1));
        lifetime.StopApplication();
        Assert.Equal(ErrorCode.Unavailable, (await KeyWatchTests.RefusedAsync(() => now.NextAsync(1))).Code);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_from_below_the_floor_is_told_so(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var lifetime = new WatchNode.Lifetime();
        for (var fence = 1; fence <= 3; fence++) await journal.AppendAsync("lock/a", Granted(fence), Released(fence, free: true));
        await new KeyIndex(journal.Database).AdvanceAsync(null, default);
        Assert.False(await new JournalFloor(journal.Database).RaiseAsync("lock/a", 2, default));
        await new LockIndex(journal.Database).AdvanceAsync(null, default);
        Assert.True(await new JournalFloor(journal.Database).RaiseAsync("lock/a", 2, default));
        var refused = await KeyWatchTests.RefusedAsync(() => new Seen(new LockWatches(journal.Database, lifetime), new WatchLocksRequest { From = "0" }).NextAsync(1));
        Assert.Equal(ErrorCode.Compacted, refused.Code);
        await using var rest = new Seen(new LockWatches(journal.Database, lifetime), new WatchLocksRequest { From = refused.Details.Fields["oldest"].StringValue });
        Assert.Equal(["granted a 3", "released a 3"], await rest.NextAsync(2));
    }

    [Fact]
    public async Task Watches_through_one_node_have_a_limit()
    {
        var journal = await fixture.NewAsync("sqlite");
        using var lifetime = new WatchNode.Lifetime();
        var watches = new LockWatches(journal.Database, lifetime);
        var open = Enumerable.Range(0, Limits.LockWatchersPerNode).Select(_ => new Seen(watches, new WatchLocksRequest())).ToArray();
        foreach (var one in open) await one.BeginAsync();
        Assert.Equal(ErrorCode.LimitExceeded, (await KeyWatchTests.RefusedAsync(() => new Seen(watches, new WatchLocksRequest()).BeginAsync())).Code);
        await open[0].DisposeAsync();
        await using var next = new Seen(watches, new WatchLocksRequest());
        await next.BeginAsync();
        foreach (var one in open[1..]) await one.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task One_that_takes_nothing_while_much_happens_is_cut_off_and_can_go_on_from_where_it_was(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var lifetime = new WatchNode.Lifetime();
        var watches = new LockWatches(journal.Database, lifetime);
        var cutOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = new Seen(watches, new WatchLocksRequest(), cutOff);
        await slow.BeginAsync();
        await journal.AppendAsync("lock/a", Granted(1));
        Assert.Equal(["granted a 1"], await slow.NextAsync(1));
        Assert.False(cutOff.Task.IsCompleted);
        // What it was given before it asks for more is taken; that it asks begins the wait in which it is cut off.
        await GrantsAsync(journal, 2, Limits.WatchBufferEvents + 100);
        await cutOff.Task.WaitAsync(WatchNode.Patience);
        var refused = await KeyWatchTests.RefusedAsync(() => slow.NextAsync(Limits.WatchBufferEvents + 100));
        Assert.Equal(ErrorCode.Unavailable, refused.Code);
        Assert.Contains("too slow", refused.Message, StringComparison.Ordinal);
        await using var again = new Seen(watches, new WatchLocksRequest { From = refused.Details.Fields["position"].StringValue });
        Assert.Equal("granted a 2", (await again.NextAsync(Limits.WatchBufferEvents + 100))[0]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task One_that_reads_the_past_is_waited_for_however_slow_it_is(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var lifetime = new WatchNode.Lifetime();
        var cutOff = new TaskCompletionSource();
        await GrantsAsync(journal, 1, 3 * Limits.WatchBufferEvents);
        await using var slow = new Seen(new LockWatches(journal.Database, lifetime), new WatchLocksRequest { From = "0" }, cutOff);
        await slow.BeginAsync();
        await Task.Delay(1000);
        Assert.Equal(2 * Limits.WatchBufferEvents, (await slow.NextAsync(2 * Limits.WatchBufferEvents)).Count);
        Assert.False(cutOff.Task.IsCompleted);
    }

    private static async Task GrantsAsync(TestJournal journal, int first, int count)
    {
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using var transaction = await connection.BeginTransactionAsync();
        for (var i = first; i < first + count; i++) await journal.InsertAsync(connection, transaction, "lock/a", Granted(i));
        await transaction.CommitAsync();
    }

    /// <summary>Takes what one watch gives.</summary>
    private sealed class Seen(LockWatches watches, WatchLocksRequest request, TaskCompletionSource? cutOff = null) : IAsyncDisposable
    {
        private static readonly TaskCompletionSource Nobody = new();

        private readonly IAsyncEnumerator<IReadOnlyList<LockEvent>> stream = watches.WatchAsync(request, cutOff ?? Nobody, default).GetAsyncEnumerator();
        private readonly Queue<LockEvent> read = new();

        public List<string> Positions { get; } = [];

        public Task BeginAsync() => stream.MoveNextAsync().AsTask().WaitAsync(WatchNode.Patience);

        /// <summary>As <c>granted a 1</c>.</summary>
        public async Task<IReadOnlyList<string>> NextAsync(int count)
        {
            var events = new List<string>();
            while (events.Count < count)
            {
                if (read.TryDequeue(out var one))
                {
                    if (!one.HasType) continue;
                    Positions.Add(one.Position);
                    events.Add($"{one.Type.ToString().ToLowerInvariant()} {one.Name} {one.Fence}");
                    continue;
                }
                Assert.True(await stream.MoveNextAsync().AsTask().WaitAsync(WatchNode.Patience));
                foreach (var item in stream.Current) read.Enqueue(item);
            }
            return events;
        }

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
