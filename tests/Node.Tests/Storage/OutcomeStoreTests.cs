using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Tests.Ownership;
using AkkaHa.Node.Outcomes;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>The table of older outcomes, on both databases.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class OutcomeStoreTests(OwnershipFixture fixture)
{
    private const long DayMs = 24 * 3_600_000;

    public static TheoryData<string> Providers => new("sqlite", "postgres");

    private readonly string prefix = Guid.NewGuid().ToString("N")[..8];

    private OutcomeStore Store(string provider) => new(fixture.Open(provider), "test");

    private ArchivedOutcome Committed(string id, long settledMs = 1000)
    {
        var record = new StoredTransaction
        {
            Started = new TransactionStarted { TransactionId = prefix + id, Attempt = 1, PayloadHash = ByteString.CopyFrom(1, 2, 255) },
            Committed = new TransactionCommitted
            {
                TransactionId = prefix + id, Attempt = 1, Then = true,
                Result = new TransactionResult { TransactionId = prefix + id, Outcome = TransactionStatus.Types.Outcome.Committed, ConditionsHeld = true, ConditionResults = { true } },
            },
            Settled = true, TimeMs = settledMs,
        };
        return new ArchivedOutcome(prefix + id, record, settledMs + DayMs);
    }

    private ArchivedOutcome Aborted(string id, long settledMs = 1000, bool forgotten = false) => new(
        prefix + id, new StoredTransaction { Aborted = new TransactionAborted { TransactionId = prefix + id, Reason = "resolved", Forgotten = forgotten }, Settled = true, TimeMs = settledMs }, settledMs + DayMs);

    private async Task<StoredTransaction?> FindAsync(string provider, string id) =>
        (await Store(provider).FindAsync([prefix + id], default)).Records.TryGetValue(prefix + id, out var record) ? StoredTransaction.Parser.ParseFrom(record) : null;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_is_stored_is_found_as_it_was(string provider)
    {
        ArchivedOutcome[] outcomes = [Committed("a"), Aborted("b"), Aborted("c", forgotten: true)];
        await Store(provider).StoreAsync(outcomes);
        var found = (await Store(provider).FindAsync([.. outcomes.Select(o => o.TransactionId), prefix + "d"], default)).Records;
        Assert.Equal(outcomes.Select(o => o.TransactionId), found.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, record, _) in outcomes) Assert.Equal(record, StoredTransaction.Parser.ParseFrom(found[id]));
        await using var connection = await fixture.Open(provider).OpenJournalAsync(default);
        await using var command = connection.Command(null, "SELECT outcome FROM outcome WHERE transaction_id LIKE @mine ORDER BY transaction_id", ("mine", prefix + "%"));
        await using var rows = await command.ExecuteReaderAsync();
        var shown = new List<string>();
        while (await rows.ReadAsync()) shown.Add(rows.GetString(0));
        Assert.Equal(["committed", "aborted", "unknown"], shown);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Storing_again_changes_nothing_and_an_older_one_does_not_replace_a_later(string provider)
    {
        await Store(provider).StoreAsync([Committed("a", 5000)]);
        await Store(provider).StoreAsync([Committed("a", 5000), Committed("b")]);
        await Store(provider).StoreAsync([Aborted("a", 4000)]);
        Assert.NotNull((await FindAsync(provider, "a"))!.Committed);
        // The id was used again after its time.
        await Store(provider).StoreAsync([Aborted("a", 5000 + DayMs)]);
        Assert.NotNull((await FindAsync(provider, "a"))!.Aborted);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task As_many_as_one_slot_archives_at_once_are_stored(string provider)
    {
        var many = Enumerable.Range(0, Limits.OutcomesPerArchive).Select(i => Committed($"many-{i}")).ToArray();
        await Store(provider).StoreAsync(many);
        Assert.Equal(200, (await Store(provider).FindAsync([.. many.TakeLast(200).Select(o => o.TransactionId)], default)).Records.Count);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_is_over_by_more_than_clocks_may_differ_is_deleted_and_those_who_look_are_told_up_to_when(string provider)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await Store(provider).StoreAsync([Committed("old"), Committed("young")]);
        var over = now - (Limits.ClockAheadSeconds * 1000L) - 1000;
        await KeepUntilAsync(provider, "old", over);
        await KeepUntilAsync(provider, "young", over + 30_000);
        Assert.True(await Store(provider).DeleteOldAsync(now, default) >= 1);
        Assert.Null(await FindAsync(provider, "old"));
        Assert.NotNull(await FindAsync(provider, "young"));
        var found = await Store(provider).FindAsync([prefix + "old"], default);
        Assert.InRange(found.DeletedBeforeMs, over + 1, long.MaxValue);
        Assert.InRange(found.NowMs, now - 5000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 5000);
        Assert.Equal(0, await Store(provider).DeleteOldAsync(now, default));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_node_whose_clock_is_days_ahead_deletes_nothing_too_early(string provider)
    {
        await Store(provider).StoreAsync([Committed("ahead", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())]);
        await Store(provider).DeleteOldAsync(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (3 * DayMs), default);
        Assert.NotNull(await FindAsync(provider, "ahead"));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_a_slot_stores_whose_clock_is_behind_is_kept_for_all_its_time(string provider)
    {
        await Store(provider).StoreAsync([Committed("behind", settledMs: 1000)]);
        await Store(provider).DeleteOldAsync(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000, default);
        Assert.NotNull(await FindAsync(provider, "behind"));
    }

    private async Task KeepUntilAsync(string provider, string id, long untilMs)
    {
        await using var connection = await fixture.Open(provider).OpenJournalAsync(default);
        await using var command = connection.Command(null, "UPDATE outcome SET keep_until_ms = @until WHERE transaction_id = @id", ("until", untilMs), ("id", prefix + id));
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task The_desk_answers_each_who_asked_and_says_when_the_database_does_not()
    {
        var desk = new OutcomeDesk(Store("sqlite"), NullLogger.Instance);
        var heard = new System.Collections.Concurrent.ConcurrentQueue<Command>();
        desk.Archive(new ArchiveEffect(7, [Committed("desk")]), heard.Enqueue);
        await Membership.InProcessCluster.EventuallyAsync(() => heard.Count == 1);
        desk.LookUp(new LookUpEffect(8, prefix + "desk"), heard.Enqueue);
        desk.LookUp(new LookUpEffect(9, prefix + "nobody"), heard.Enqueue);
        await desk.EndAsync();
        var commands = heard.ToArray();
        Assert.Equal((7, true), (commands[0].OutcomesArchived.Number, commands[0].OutcomesArchived.Stored));
        Assert.Equal([(8L, true, false), (9L, true, true)], commands[1..].Select(c => (c.OutcomeLookedUp.Number, c.OutcomeLookedUp.Answered, c.OutcomeLookedUp.Stored.IsEmpty)));

        var broken = new OutcomeDesk(new OutcomeStore(new Database(new AkkaHa.Node.Settings.NodeSettings
        {
            Storage = new AkkaHa.Node.Settings.StorageSettings { Provider = "postgres", ConnectionString = "Host=127.0.0.1;Port=1;Username=nobody" },
        }), "test"), NullLogger.Instance);
        heard.Clear();
        broken.Archive(new ArchiveEffect(1, [Committed("x")]), heard.Enqueue);
        broken.LookUp(new LookUpEffect(2, "x"), heard.Enqueue);
        await broken.EndAsync();
        Assert.Equal(2, heard.Count);
        Assert.DoesNotContain(heard, c => c.OutcomesArchived is { Stored: true } || c.OutcomeLookedUp is { Answered: true });
    }
}
