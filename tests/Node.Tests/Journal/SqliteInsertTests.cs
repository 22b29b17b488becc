using AkkaHa.Node.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Rows of many entities in one transaction of SQLite.</summary>
[Collection(nameof(JournalCollection))]
public sealed class SqliteInsertTests(JournalFixture fixture)
{
    [Fact]
    public async Task Rows_have_their_places_in_the_order_in_which_they_were_given_as_the_plugin_stores_them()
    {
        var journal = await fixture.NewAsync("sqlite");
        var insert = new SqliteInsert(journal.Database.JournalConnection);
        await insert.RunAsync([new NewRow("kv/b", 7, [1, 2, 3], "e", 4117), new NewRow("kv/a", 1, [], "s", 4118)]);
        await insert.RunAsync([new NewRow("kv/b", 8, [4], "e", 4117)]);
        await insert.CloseAsync();
        Assert.Equal(
            ["kv/b|7|0|010203|e|4117||", "kv/a|1|0||s|4118||", "kv/b|8|0|04|e|4117||"],
            await journal.ReadAsync("SELECT persistence_id, sequence_number, deleted, message, manifest, identifier, tags, writer_uuid FROM journal ORDER BY ordering"));
    }

    [Fact]
    public async Task Of_rows_of_which_one_is_there_already_none_is_stored_and_the_next_are()
    {
        var journal = await fixture.NewAsync("sqlite");
        var insert = new SqliteInsert(journal.Database.JournalConnection);
        await insert.RunAsync([Row("kv/a", 1)]);
        var collision = await Assert.ThrowsAsync<SqliteException>(() => insert.RunAsync([Row("kv/b", 1), Row("kv/a", 1), Row("kv/c", 1)]));
        Assert.True(insert.IsCollision(collision));
        // On the same connection: whoever wrote with the one that was late is stored after it.
        await insert.RunAsync([Row("kv/d", 1)]);
        await insert.CloseAsync();
        Assert.Equal(["kv/a", "kv/d"], await journal.ReadAsync("SELECT persistence_id FROM journal ORDER BY ordering"));
    }

    [Fact]
    public async Task When_the_statement_could_not_be_prepared_the_next_rows_are_stored()
    {
        var journal = await fixture.NewAsync("sqlite");
        var insert = new SqliteInsert(journal.Database.JournalConnection);
        await journal.RunAsync("ALTER TABLE journal RENAME TO elsewhere");
        var failure = await Assert.ThrowsAsync<SqliteException>(() => insert.RunAsync([Row("kv/a", 1)]));
        Assert.False(insert.IsCollision(failure));
        await insert.CloseAsync();
        await journal.RunAsync("ALTER TABLE elsewhere RENAME TO journal");
        await insert.RunAsync([Row("kv/a", 1)]);
        await insert.CloseAsync();
        Assert.Equal(["1"], await journal.ReadAsync("SELECT sequence_number FROM journal"));
    }

    [Fact]
    public async Task What_is_stored_is_on_the_disk_and_the_lock_for_it_is_waited_for()
    {
        var journal = await fixture.NewAsync("sqlite");
        await using var connection = SqliteInsert.Connect(journal.Database.JournalConnection);
        Assert.Equal(("2", "wal", "10000", 10), (await AskAsync("PRAGMA synchronous"), await AskAsync("PRAGMA journal_mode"), await AskAsync("PRAGMA busy_timeout"), connection.DefaultTimeout));
        // What a row costs the log, and how often the log is written to the file.
        Assert.Equal(("2048", "4000"), (await AskAsync("PRAGMA page_size"), await AskAsync("PRAGMA wal_autocheckpoint")));

        async Task<string?> AskAsync(string pragma)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = pragma;
            return Convert.ToString(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task A_file_of_before_keeps_its_pages()
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-pages-");
        var file = new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory.FullName, "journal.db"), Pooling = false }.ConnectionString;
        await using (var before = new SqliteConnection(file))
        {
            await before.OpenAsync();
            await using var made = before.CreateCommand();
            made.CommandText = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; CREATE TABLE journal (ordering INTEGER PRIMARY KEY)";
            await made.ExecuteNonQueryAsync();
        }
        await using (var connection = SqliteInsert.Connect(file))
        {
            await using var ask = connection.CreateCommand();
            ask.CommandText = "PRAGMA page_size";
            Assert.Equal(4096L, await ask.ExecuteScalarAsync());
            ask.CommandText = "INSERT INTO journal DEFAULT VALUES; SELECT count(*) FROM journal";
            Assert.Equal(1L, await ask.ExecuteScalarAsync());
        }
        directory.Delete(recursive: true);
    }

    /// <summary>It may be in any state: nobody gets it again.</summary>
    [Fact]
    public async Task After_a_failure_its_connection_is_gone_and_the_next_rows_have_another()
    {
        var journal = await fixture.NewAsync("sqlite");
        var insert = new SqliteInsert(journal.Database.JournalConnection);
        await insert.RunAsync([Row("kv/a", 1)]);
        await journal.RunAsync("ALTER TABLE journal RENAME TO elsewhere");
        await Assert.ThrowsAsync<SqliteException>(() => insert.RunAsync([Row("kv/a", 2)]));
        SqliteConnection.ClearAllPools();
        Assert.NotEmpty(OpenHandles(journal));
        await insert.CloseAsync();
        Assert.Empty(OpenHandles(journal));
        await journal.RunAsync("ALTER TABLE elsewhere RENAME TO journal");
        await insert.RunAsync([Row("kv/a", 2)]);
        await insert.CloseAsync();
        Assert.Equal(["1", "2"], await journal.ReadAsync("SELECT sequence_number FROM journal ORDER BY ordering"));
    }

    /// <summary>Only of a number that is taken it is certain that nothing is stored.</summary>
    [Fact]
    public void No_other_failure_is_a_collision()
    {
        var insert = new SqliteInsert("");
        Assert.Equal([19], Enumerable.Range(1, 101).Where(code => insert.IsCollision(new SqliteException("", code))));
        Assert.False(insert.IsCollision(new TimeoutException()));
    }

    private static IEnumerable<string> OpenHandles(TestJournal journal) =>
        Directory.GetFiles("/proc/self/fd").Select(fd => File.ResolveLinkTarget(fd, returnFinalTarget: false)?.FullName).OfType<string>().Where(file => file.StartsWith(journal.Settings.DataDirectory, StringComparison.Ordinal));

    private static NewRow Row(string entity, long number) => new(entity, number, [1], "e", 4117);
}
