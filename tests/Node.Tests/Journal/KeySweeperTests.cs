using AkkaHa.Messages.Storage;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>The sweeper calls on what the index shows to be due: on all of it, soon, again should a call be lost, and on no more at once than can be on their way.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeySweeperTests(JournalFixture fixture)
{
    private readonly FakeEntities entities = new();
    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);

    public static TheoryData<string> Providers => JournalFixture.Providers;

    public static TheoryData<string, bool> ProvidersAndReasons => new()
    {
        { "sqlite", true }, { "sqlite", false }, { "postgres", true }, { "postgres", false },
    };

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_sweeper_calls_on_keys_whose_time_is_over_and_on_those_of_ended_sessions_bound_before_or_after(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        using var sweeper = Sweeper(journal);
        using var seen = new Metrics.NodeMeterTests.Seen();
        await journal.AppendAsync("kv/over", Put("x", 1, expiresAtMs: now - 1));
        await journal.AppendAsync("kv/later", Put("x", 1, expiresAtMs: now + 600_000));
        await journal.AppendAsync("kv/bound", Put("x", 1, session: "1-s"));
        await journal.AppendAsync("kv/bound-elsewhere", Put("x", 1, session: "1-alive"));
        await journal.AppendAsync("session/1", new Event { SessionEnded = new SessionEnded { SessionId = "1-s", Reason = "close" } });
        await sweeper.SweepAsync(default);
        Assert.Equal(["over ", "bound 1-s"], Told());
        Assert.True(seen.Now("akkaha.index.lag") >= 5 && seen.Now("akkaha.keys.due reason=time") >= 1 && seen.Now("akkaha.keys.due reason=session") >= 1, seen.ToString());
        await journal.AppendAsync("kv/bound-late", Put("x", 1, session: "1-s"));
        await sweeper.SweepAsync(default);
        Assert.Equal(["bound-late 1-s"], Told());

        // Nothing came of it.
        time.Advance(DueKeys.AgainAfter);
        await sweeper.SweepAsync(default);
        Assert.Equal(["over ", "bound 1-s", "bound-late 1-s"], Told());

        await journal.AppendAsync("kv/over", Delete(2, expired: true));
        await journal.AppendAsync("kv/bound", Put("y", 2));
        await journal.AppendAsync("kv/bound-late", Delete(2, expired: true));
        time.Advance(DueKeys.AgainAfter);
        await sweeper.SweepAsync(default);
        Assert.Empty(Told());

        // Its time begins anew, and is over again: that is another call.
        await journal.AppendAsync("kv/over", Put("x", 3, expiresAtMs: now));
        await sweeper.SweepAsync(default);
        await journal.AppendAsync("kv/over", Put("x", 4, expiresAtMs: now + 1));
        await sweeper.SweepAsync(default);
        Assert.Equal(["over ", "over "], Told());
    }

    [Fact]
    public async Task Who_does_not_lead_any_more_tells_no_more_what_it_saw_as_the_leader()
    {
        var journal = await fixture.NewAsync("sqlite");
        var leads = true;
        using var sweeper = new KeySweeper(journal.Database, new KeyIndex(journal.Database), entities, () => leads, NullLogger<KeySweeper>.Instance, time);
        using var seen = new Metrics.NodeMeterTests.Seen();
        await journal.AppendAsync("kv/over", Put("x", 1, expiresAtMs: time.GetUtcNow().ToUnixTimeMilliseconds() - 1));
        await sweeper.TurnAsync(default);
        Assert.Equal((1, 1), (seen.Now("akkaha.index.lag"), seen.Now("akkaha.keys.due reason=time")));
        leads = false;
        await sweeper.TurnAsync(default);
        Assert.Equal((0, 0), (seen.Now("akkaha.index.lag"), seen.Now("akkaha.keys.due reason=time")));
    }

    [Theory]
    [MemberData(nameof(ProvidersAndReasons))]
    public async Task Some_thousand_keys_that_are_due_at_once_are_called_as_soon_as_those_before_have_ended(string provider, bool ofEndedSession)
    {
        const int Keys = 7500;
        var journal = await fixture.NewAsync(provider);
        using var sweeper = Sweeper(journal);
        await DueAsync(journal, 1, Keys, ofEndedSession);
        var (called, more) = (new List<string>(), true);
        for (var round = 0; more; round++)
        {
            Assert.InRange(round, 0, Keys / DueKeys.MostOnTheirWay);
            more = await sweeper.SweepAsync(default);
            called.AddRange(Told().Select(t => t.Split(' ')[0]));
            Assert.Equal(called.Count < Keys, more);
            if (more) await journal.RunAsync($"DELETE FROM key_index WHERE key <= '{called[^1]}'");
        }
        Assert.Equal(Names(1, Keys), called);
        // The last are on their way.
        await sweeper.SweepAsync(default);
        Assert.Empty(Told());
        // One that becomes due now does not wait for them, wherever it is in the order.
        await DueAsync(journal, 0, 0, ofEndedSession);
        await sweeper.SweepAsync(default);
        Assert.Equal(Names(0, 0), Told().Select(t => t.Split(' ')[0]));
        // All but a few have ended; these are called again.
        await journal.RunAsync("DELETE FROM key_index WHERE key > 'k100000' AND key < 'k107491'");
        time.Advance(DueKeys.AgainAfter);
        await sweeper.SweepAsync(default);
        Assert.Equal([.. Names(0, 0), .. Names(Keys - 9, Keys)], Told().Select(t => t.Split(' ')[0]));
    }

    [Theory]
    [MemberData(nameof(ProvidersAndReasons))]
    public async Task No_more_are_on_their_way_than_is_good_and_those_that_do_not_end_keep_no_others_waiting(string provider, bool ofEndedSession)
    {
        const int Most = DueKeys.MostOnTheirWay;
        var journal = await fixture.NewAsync(provider);
        using var sweeper = Sweeper(journal);
        await DueAsync(journal, 1, (2 * Most) + 500, ofEndedSession);
        await RoundAsync(Names(1, Most));
        await RoundAsync([]);
        // As many as have ended come next.
        await journal.RunAsync("DELETE FROM key_index WHERE key <= 'k100500'");
        await RoundAsync(Names(Most + 1, Most + 500));
        // The others do not, for now.
        time.Advance(DueKeys.AgainAfter);
        await RoundAsync(Names(Most + 501, (2 * Most) + 500));
        // Nor do these: from the beginning.
        time.Advance(DueKeys.AgainAfter);
        await RoundAsync(Names(501, Most + 500));

        async Task RoundAsync(IEnumerable<string> expected)
        {
            await sweeper.SweepAsync(default);
            Assert.Equal(expected, Told().Select(t => t.Split(' ')[0]));
        }
    }

    private KeySweeper Sweeper(TestJournal journal) => new(journal.Database, new KeyIndex(journal.Database), entities, () => true, NullLogger<KeySweeper>.Instance, time);

    /// <summary>What was called since this was asked last.</summary>
    private string[] Told()
    {
        string[] told = [.. entities.Told.Select(c => $"{c.Entity["kv/".Length..]} {c.ExpireKey.SessionId}")];
        entities.Reset();
        return told;
    }

    private static string[] Names(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(i => $"k{100_000 + i}")];

    /// <summary>So many keys that are due, in the index alone.</summary>
    private static Task DueAsync(TestJournal journal, int first, int last, bool ofEndedSession) => journal.RunAsync($"""
        WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
        INSERT INTO key_index (key, revision, value, session_id, expires_at_ms, session_ended)
        SELECT 'k' || (100000 + i), 1, {(journal.Database.IsPostgres ? "''::bytea" : "x''")}, {(ofEndedSession ? "'1-s', 0, 1" : "'', 1, 0")} FROM n
        """);
}
