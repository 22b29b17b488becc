using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Tests.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

[Collection(nameof(JournalCollection))]
public sealed class LockWakerTests(JournalFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly NodeParts parts = new(new NodeSettings { Shards = 64 }, "test", RuleSwitches.AllOn) { Grants = new Grants(new NodeLease(new LeaseTimings())) };
    private readonly FakeEntities entities = new() { Answer = (command, _) => Task.FromResult(new Reply { Lock = new LockState { Name = command.GetLock.Name } }) };

    private string[] Woken => [.. entities.Asked.Select(c => c.GetLock.Name)];

    private int ShardOf(string name) => entities.Shards.ShardOf(EntityId.Lock(name));

    private LockWaker Waker(TestJournal journal) => new(new LockIndex(journal.Database), entities, () => parts, NullLogger<LockWaker>.Instance);

    private static async Task<TestJournal> HeldAsync(JournalFixture fixture, string provider, params string[] names)
    {
        var journal = await fixture.NewAsync(provider);
        foreach (var name in names) await journal.AppendAsync($"lock/{name}", new Event { LockGranted = new LockGranted { SessionId = "4-s", HolderId = "h", RequestId = "r", Fence = 1 } });
        return journal;
    }

    private async Task UntilAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (entities.Asked.Count < count) await Task.Delay(20, patience.Token);
        // And no more than that.
        await Task.Delay(1500, patience.Token);
        Assert.Equal(count, entities.Asked.Count);
    }

    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task The_locks_in_use_of_the_shards_that_were_taken_are_woken_once_for_each_grant(string provider)
    {
        var journal = await HeldAsync(fixture, provider, "mine", "other");
        Assert.NotEqual(ShardOf("mine"), ShardOf("other"));
        using var waker = Waker(journal);
        await waker.StartAsync(default);
        await UntilAsync(0);
        parts.Grants.Enter(ShardOf("mine"), 3, null);
        await UntilAsync(1);
        Assert.Equal(["mine"], Woken);
        parts.Grants.Leave(ShardOf("mine"), 3);
        parts.Grants.Enter(ShardOf("mine"), 5, null);
        await UntilAsync(2);
        parts.Grants.Enter(ShardOf("other"), 1, null);
        await UntilAsync(3);
        Assert.Equal(["mine", "mine", "other"], Woken);
        await waker.StopAsync(default);
    }

    [Fact]
    public async Task One_that_does_not_answer_is_woken_again_a_few_times_and_one_that_has_ended_by_a_failure_too()
    {
        var journal = await HeldAsync(fixture, "sqlite", "mine");
        var answers = 0;
        entities.Answer = (command, _) => Task.FromResult(++answers < 3 ? new Reply { Failure = new Failure { Code = ErrorCode.Unavailable, Message = "not yet" } } : new Reply { Lock = new LockState() });
        using var waker = Waker(journal);
        await waker.StartAsync(default);
        parts.Grants.Enter(ShardOf("mine"), 3, null);
        await UntilAsync(3);
        parts.LocksEnded.Enqueue("ended");
        await UntilAsync(4);
        Assert.Equal(["mine", "mine", "mine", "ended"], Woken);

        entities.Answer = (_, _) => Task.FromResult(new Reply { Failure = new Failure { Code = ErrorCode.Unavailable, Message = "never" } });
        parts.LocksEnded.Enqueue("broken");
        await UntilAsync(4 + 5);
        await waker.StopAsync(default);
    }

    [Fact]
    public async Task One_that_has_ended_while_the_index_can_not_be_read_is_woken_later()
    {
        var journal = await HeldAsync(fixture, "sqlite", "mine");
        var log = new Failed();
        using var waker = new LockWaker(new LockIndex(journal.Database), entities, () => parts, log);
        await journal.RunAsync("ALTER TABLE lock_index RENAME TO elsewhere");
        await waker.StartAsync(default);
        parts.Grants.Enter(ShardOf("mine"), 3, null);
        // From the second round on the shard is due, and its locks can't be read.
        await log.Task.WaitAsync(Patience);
        parts.LocksEnded.Enqueue("ended");
        await UntilNoneIsLeftAsync();
        await Task.Delay(500);
        var before = Woken;
        await journal.RunAsync("ALTER TABLE elsewhere RENAME TO lock_index");
        using var patience = new CancellationTokenSource(Patience);
        while (!Woken.Contains("ended") || !Woken.Contains("mine")) await Task.Delay(20, patience.Token);
        Assert.Empty(before);
        await waker.StopAsync(default);
    }

    /// <summary>A waker's log: all that it says is that a round has failed.</summary>
    private sealed class Failed : ILogger<LockWaker>
    {
        private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => failed.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => failed.TrySetResult();
    }

    private async Task UntilNoneIsLeftAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!parts.LocksEnded.IsEmpty) await Task.Delay(20, patience.Token);
    }
}
