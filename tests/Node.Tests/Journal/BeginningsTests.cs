using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;
using AkkaHa.Node.Storage;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>What is read for an entity with its snapshot is what it goes on from, unless its rows have been written since.</summary>
[Collection(nameof(JournalCollection))]
public sealed class BeginningsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly StoredRow Snapshot = new(4, 0, [], "s", 1);
    private readonly JournalFixture fixture;
    private readonly ConcurrentQueue<string> asked = new();
    private readonly SemaphoreSlim came = new(0);
    private readonly SemaphoreSlim go = new(0);
    private readonly Beginnings beginnings;
    private Beginning stored = new(Snapshot, 5, [new StoredRow(5, 0, [], "e", 1)]);

    public BeginningsTests(JournalFixture fixture)
    {
        this.fixture = fixture;
        beginnings = new Beginnings(ReadAsync);
    }

    [Fact]
    public async Task It_is_kept_for_whoever_goes_on_from_there_once()
    {
        await ReadNowAsync("kv/a");
        Assert.Null(beginnings.Find("kv/b", 5));
        Assert.Null(beginnings.Find("kv/a", 1));
        Assert.Equal(stored with { Snapshot = null }, beginnings.Find("kv/a", 5));
        Assert.Equal(stored with { Snapshot = null }, beginnings.Take("kv/a", 5));
        Assert.Null(beginnings.Find("kv/a", 5));
    }

    /// <summary>It went on from elsewhere: nobody will ask for it.</summary>
    [Fact]
    public async Task Whoever_goes_on_from_elsewhere_ends_it_too()
    {
        await ReadNowAsync("kv/a");
        Assert.Null(beginnings.Take("kv/a", 1));
        Assert.Null(beginnings.Find("kv/a", 5));
    }

    [Fact]
    public async Task Where_there_are_no_rows_it_is_not_kept_for_them()
    {
        stored = new Beginning(null, 0, []);
        await ReadNowAsync("kv/a");
        Assert.Equal(stored, beginnings.Find("kv/a", 1));
        Assert.Null(beginnings.Find("kv/a", 1));
    }

    [Fact]
    public async Task What_was_read_before_a_write_is_not_used_after_it()
    {
        await ReadNowAsync("kv/a");
        var write = Write();
        beginnings.BeginWrite("kv/a", write);
        Assert.Null(beginnings.Find("kv/a", 5));
        beginnings.EndWrite("kv/a", write);
        Assert.Null(beginnings.Find("kv/a", 5));
    }

    [Fact]
    public async Task Nor_what_is_being_read_when_a_write_begins()
    {
        var reading = beginnings.SnapshotAsync(new SnapshotAsk("kv/a", long.MaxValue, long.MaxValue));
        Assert.True(await came.WaitAsync(Patience));
        var write = Write();
        beginnings.BeginWrite("kv/a", write);
        go.Release();
        Assert.Same(Snapshot, await reading.WaitAsync(Patience));
        beginnings.EndWrite("kv/a", write);
        Assert.Null(beginnings.Find("kv/a", 5));
    }

    [Fact]
    public async Task A_write_under_way_is_waited_for_and_others_are_not()
    {
        var write = Write();
        beginnings.BeginWrite("kv/a", write);
        var waiting = beginnings.SnapshotAsync(new SnapshotAsk("kv/a", long.MaxValue, long.MaxValue));
        await ReadNowAsync("kv/b");
        Assert.Equal(["kv/b"], asked);
        Assert.False(waiting.IsCompleted);
        write.Failed(new InvalidOperationException("of the test"));
        beginnings.EndWrite("kv/a", write);
        go.Release();
        await waiting.WaitAsync(Patience);
        Assert.Equal(["kv/b", "kv/a"], asked);
        Assert.NotNull(beginnings.Find("kv/a", 5));
    }

    /// <summary>Of entities that ended before they had asked for it.</summary>
    [Fact]
    public async Task What_nobody_asks_for_does_not_fill_the_memory()
    {
        for (var i = 0; i < 600; i++) await ReadNowAsync($"kv/{i}");
        Assert.InRange(Enumerable.Range(0, 600).Count(i => beginnings.Find($"kv/{i}", 5) is not null), 1, 256);
        Assert.NotNull(beginnings.Find("kv/599", 5));
    }

    [Fact]
    public async Task An_entity_begins_by_one_statement()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.RunAsync("""
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
              SELECT 'kv/' || k, n, 0, '', 'e', 4117 FROM generate_series(1, 10) AS k, generate_series(1, 30) AS n
            """);
        using var system = journal.StartSystem();
        var database = new NpgsqlConnectionStringBuilder(journal.Database.JournalConnection).Database;
        // What happens once, when a journal begins, is not what is counted.
        await BeginAsync(system, "kv/other");
        ConcurrentBag<string> statements = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // Other tests have other databases.
                if (activity.TagObjects.Any(t => t.Value?.ToString() == database)) statements.Add(string.Join(' ', activity.TagObjects.Select(t => t.Value)));
            },
        };
        ActivitySource.AddActivityListener(listener);
        for (var k = 1; k <= 10; k++) Assert.Equal((k, 30), (k, await BeginAsync(system, $"kv/{k}")));
        Assert.Equal(10, statements.Count(s => s.Contains("journal", StringComparison.Ordinal)));
        await system.Terminate();
    }

    private static Task<int> BeginAsync(ActorSystem system, string id) => system.ActorOf(Props.Create(() => new Counting(id))).Ask<int>("how many", Patience);

    private static JournalWrite Write() => new(new WriteMessages([], ActorRefs.Nobody, 1), [], false, ActorRefs.Nobody);

    private async Task ReadNowAsync(string entity)
    {
        go.Release();
        Assert.Same(stored.Snapshot, await beginnings.SnapshotAsync(new SnapshotAsk(entity, long.MaxValue, long.MaxValue)).WaitAsync(Patience));
    }

    private async Task<IReadOnlyList<Beginning>> ReadAsync(IReadOnlyList<SnapshotAsk> asks)
    {
        foreach (var ask in asks) asked.Enqueue(ask.Entity);
        came.Release();
        await go.WaitAsync(Patience);
        return [.. asks.Select(_ => stored)];
    }

    /// <summary>How many rows it was given.</summary>
    private sealed class Counting(string id) : UntypedPersistentActor
    {
        private int rows;

        public override string PersistenceId => id;

        protected override void OnRecover(object message)
        {
            if (message is not RecoveryCompleted) rows++;
        }

        protected override void OnCommand(object message) => Sender.Tell(rows);
    }
}
