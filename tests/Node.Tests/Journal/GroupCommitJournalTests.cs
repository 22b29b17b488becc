using Akka.Actor;
using Akka.Persistence;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Storage;
using Npgsql;
using Xunit;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>The journal that writes many entities' rows in one statement, on real databases.</summary>
[Collection(nameof(JournalCollection))]
public sealed class GroupCommitJournalTests(JournalFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Rows_of_one_statement_have_their_places_in_the_order_in_which_they_were_given()
    {
        var journal = await fixture.NewAsync("postgres");
        var insert = new PostgresInsert(journal.Database.JournalConnection);
        await insert.RunAsync([.. Enumerable.Range(1, 1000).Select(n => Row(n % 2 == 0 ? "kv/a" : "kv/b", n))]);
        await insert.CloseAsync();
        Assert.Equal(Enumerable.Range(1, 1000).Select(n => $"{n}"), await journal.ReadAsync("SELECT sequence_number FROM journal ORDER BY xid, ordering"));
        Assert.Equal(["1"], await journal.ReadAsync("SELECT count(DISTINCT xid) FROM journal"));
    }

    [Fact]
    public async Task Of_rows_of_which_one_is_there_already_none_is_stored()
    {
        var journal = await fixture.NewAsync("postgres");
        var insert = new PostgresInsert(journal.Database.JournalConnection);
        await insert.RunAsync([Row("kv/a", 1)]);
        await Assert.ThrowsAsync<PostgresException>(() => insert.RunAsync([Row("kv/b", 1), Row("kv/a", 1), Row("kv/c", 1)]));
        await insert.CloseAsync();
        Assert.Equal(["kv/a|1"], await journal.ReadAsync("SELECT persistence_id, sequence_number FROM journal"));
    }

    [Fact]
    public async Task A_row_is_stored_as_the_plugin_stores_it()
    {
        var journal = await fixture.NewAsync("postgres");
        var insert = new PostgresInsert(journal.Database.JournalConnection);
        await insert.RunAsync([new NewRow("kv/a", 7, [1, 2, 3], "e", 4117)]);
        Assert.Equal(["kv/a|7|False|010203|e|4117||"], await journal.ReadAsync("SELECT persistence_id, sequence_number, deleted, message, manifest, identifier, tags, writer_uuid FROM journal"));
        await insert.CloseAsync();
    }

    [Fact]
    public async Task After_its_connection_was_ended_the_next_rows_are_stored()
    {
        var journal = await fixture.NewAsync("postgres");
        var insert = new PostgresInsert(journal.Database.JournalConnection);
        await insert.RunAsync([Row("kv/a", 1)]);
        await journal.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO journal%' AND datname = current_database()");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => insert.RunAsync([Row("kv/a", 2)]));
        await insert.CloseAsync();
        await insert.RunAsync([Row("kv/a", 2)]);
        await insert.CloseAsync();
        Assert.Equal(["1", "2"], await journal.ReadAsync("SELECT sequence_number FROM journal ORDER BY ordering"));
    }

    [Fact]
    public async Task When_the_statement_could_not_be_prepared_the_next_rows_are_stored()
    {
        var journal = await fixture.NewAsync("postgres");
        var insert = new PostgresInsert(journal.Database.JournalConnection);
        await journal.RunAsync("ALTER TABLE journal RENAME TO elsewhere");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => insert.RunAsync([Row("kv/a", 1)]));
        await insert.CloseAsync();
        await journal.RunAsync("ALTER TABLE elsewhere RENAME TO journal");
        await insert.RunAsync([Row("kv/a", 1)]);
        await insert.CloseAsync();
        Assert.Equal(["1"], await journal.ReadAsync("SELECT sequence_number FROM journal"));
    }

    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task What_many_entities_wrote_at_once_they_find_again_in_order(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using (var first = journal.StartSystem())
        {
            var writers = Enumerable.Range(0, 50).Select(i => first.ActorOf(Writer.Props($"kv/{i}"))).ToArray();
            await Task.WhenAll(writers.SelectMany(w => Enumerable.Range(0, 20).Select(_ => w.Ask<long>(3, Patience))));
            await first.Terminate();
        }
        using var second = journal.StartSystem();
        for (var i = 0; i < 50; i++) Assert.Equal(60, await second.ActorOf(Writer.Props($"kv/{i}")).Ask<long>(0, Patience));
        if (provider == "postgres") Assert.NotEqual(["1000"], await journal.ReadAsync("SELECT count(DISTINCT xid) FROM journal"));
        await second.Terminate();
    }

    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task A_write_on_a_number_that_is_taken_fails_and_others_go_on(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem();
        var late = system.ActorOf(Writer.Props("kv/late"));
        Assert.Equal(1, await late.Ask<long>(1, Patience));
        await journal.RunAsync("INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES ('kv/late', 2, 0, '', 'e', 4117)");
        await Assert.ThrowsAsync<AskTimeoutException>(() => late.Ask<long>(1, TimeSpan.FromSeconds(2)));
        Assert.Equal(1, await system.ActorOf(Writer.Props("kv/other")).Ask<long>(1, Patience));
        Assert.Equal(["2"], await journal.ReadAsync("SELECT count(*) FROM journal WHERE persistence_id = 'kv/late'"));
        await system.Terminate();
    }

    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task Those_that_were_written_with_one_that_is_late_are_stored(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem();
        var writers = Enumerable.Range(0, 20).Select(i => system.ActorOf(Writer.Props($"kv/{i}"))).ToArray();
        await Task.WhenAll(writers.Select(w => w.Ask<long>(1, Patience)));
        // A statement waits, and all the others' writes come together behind it. Then a number of one of these is taken.
        await using var held = await journal.HoldAsync("INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES ('kv/19', 2, 0, '', 'e', 4117)");
        var first = new List<Task<long>>();
        for (var i = 0; i < 2; i++)
        {
            first.Add(writers[i].Ask<long>(1, Patience));
            await Task.Delay(200);
        }
        var rest = writers.Skip(2).Select(w => w.Ask<long>(1, w == writers[^1] ? TimeSpan.FromSeconds(5) : Patience)).ToArray();
        await Task.Delay(200);
        await held.LetGoAsync();
        var stored = await Task.WhenAll(first.Concat(rest.SkipLast(1)));
        Assert.All(stored, rows => Assert.Equal(2, rows));
        await Assert.ThrowsAsync<AskTimeoutException>(() => rest[^1]);
        await system.Terminate();
    }

    [Fact]
    public async Task When_the_journals_connections_have_ended_it_makes_new_ones()
    {
        var journal = await fixture.NewAsync("postgres");
        using var system = journal.StartSystem();
        for (var i = 0; i < 6; i++) Assert.Equal(1, await system.ActorOf(Writer.Props($"kv/before-{i}")).Ask<long>(1, Patience));
        await journal.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO journal%' AND datname = current_database() AND pid <> pg_backend_pid()");
        // Whoever writes first is told that it failed, and stops.
        var stored = new List<bool>();
        for (var i = 0; i < 8; i++) stored.Add(await IsStoredAsync(system.ActorOf(Writer.Props($"kv/after-{i}"))));
        Assert.InRange(stored.Count(s => !s), 0, 1);
        await system.Terminate();
    }

    private static async Task<bool> IsStoredAsync(IActorRef writer)
    {
        var stopped = writer.WatchAsync();
        var rows = writer.Ask<long>(1, Patience);
        return await Task.WhenAny(rows, stopped) == rows && await rows == 1;
    }

    /// <summary>Else it would take the entity for one without that row, which comes all the same.</summary>
    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task Who_recovers_an_entity_waits_for_its_write_that_is_under_way(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem();
        var first = system.ActorOf(Writer.Props("kv/a"));
        Assert.Equal(1, await first.Ask<long>(1, Patience));
        // Reads go on; no row comes in.
        await using var held = await journal.HoldAsync();
        first.Tell(1);
        await Task.Delay(300);
        await first.GracefulStop(Patience);
        var rows = system.ActorOf(Writer.Props("kv/a")).Ask<long>(0, Patience);
        await Task.Delay(700);
        Assert.False(rows.IsCompleted);
        await held.LetGoAsync();
        Assert.Equal(2, await rows);
        await system.Terminate();
    }

    /// <summary>They would wait for a minute here, and each put that comes ends the wait of all.</summary>
    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task Rows_of_transactions_wait_for_company_and_a_put_does_not_wait_with_them(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem(gatherFor: "60s");
        var put = system.ActorOf(Writer.Props("kv/put"));
        Assert.Equal(1, await put.Ask<long>(1, Patience));
        var writers = Enumerable.Range(0, 40).Select(i => system.ActorOf(Writer.Props($"kv/{i}", new Event { Prepared = new Prepared() }))).ToArray();
        var transactions = writers.SelectMany(w => Enumerable.Range(0, 3).Select(_ => w.Ask<long>(1, TimeSpan.FromMinutes(2)))).ToArray();
        await Task.Delay(1000);
        Assert.Contains(transactions, t => !t.IsCompleted);
        for (var puts = 2; transactions.Any(t => !t.IsCompleted); puts++)
        {
            Assert.Equal(puts, await put.Ask<long>(1, Patience));
            await Task.Delay(20);
        }
        Assert.Equal(Enumerable.Repeat(new[] { 1L, 2, 3 }, 40).SelectMany(n => n), await Task.WhenAll(transactions));
        await system.Terminate();
    }

    private static NewRow Row(string entity, long number) => new(entity, number, [1], "e", 4117);

    /// <summary>Told a number, writes so many rows at once, and says how many it has in all.</summary>
    private sealed class Writer(string id, Event? holds) : UntypedPersistentActor
    {
        private long rows;

        public override string PersistenceId => id;

        /// <param name="id">Whose rows.</param>
        /// <param name="holds">What each of them tells of; null: nothing.</param>
        public static Props Props(string id, Event? holds = null) => Akka.Actor.Props.Create(() => new Writer(id, holds));

        protected override void OnRecover(object message)
        {
            if (message is Envelope { Epoch: var number } && number != ++rows) throw new InvalidOperationException($"{id}: {number} came as number {rows}");
        }

        protected override void OnCommand(object message)
        {
            var (caller, left) = (Sender, (int)message);
            if (left == 0) caller.Tell(rows);
            else
                PersistAll(Enumerable.Range(1, left).Select(i => new Envelope { Schema = 1, Epoch = rows + i, Events = { holds is null ? [] : [holds] } }).ToArray(), _ =>
                {
                    rows++;
                    if (--left == 0) caller.Tell(rows);
                });
        }
    }
}
