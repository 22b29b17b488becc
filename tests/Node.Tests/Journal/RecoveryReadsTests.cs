using System.Data.Common;
using Akka.Actor;
using Akka.Persistence;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Xunit;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>What many entities ask for at once when they begin, on a real PostgreSQL.</summary>
[Collection(nameof(JournalCollection))]
public sealed class RecoveryReadsTests(JournalFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_highest_number_counts_deleted_rows_and_is_each_ones_own()
    {
        var (reads, _) = await NewAsync();
        Assert.Equal([5, 2, 0, 0, 5], await reads.HighestAsync([new("kv/a", 0), new("kv/b", 1), new("kv/none", 0), new("kv/b", 3), new("kv/a", 5)]));
        Assert.Equal([9], await reads.HighestAsync([new("kv/deleted", 0)]));
    }

    [Fact]
    public async Task Rows_are_those_of_the_range_in_order_and_without_deleted_ones()
    {
        var (reads, _) = await NewAsync();
        var found = await reads.RowsAsync([new("kv/a", 1, 5, long.MaxValue), new("kv/b", 2, 9, long.MaxValue), new("kv/none", 1, 9, long.MaxValue), new("kv/a", 2, 4, 2), new("kv/deleted", 1, 9, long.MaxValue)]);
        Assert.Equal(["1 2 3 4 5", "2", "", "2 3", "8"], found.Select(rows => string.Join(' ', rows.Select(r => r.SequenceNr))));
        var row = found[0][3];
        Assert.Equal((4L, 1004L, "e", 4117), (row.SequenceNr, row.Created, row.Manifest, row.Serializer));
        Assert.Equal("kv/a 4"u8.ToArray(), row.Message);
    }

    /// <summary>Else one that has much to read would fill the memory, and keep those that are read with it waiting.</summary>
    [Fact]
    public async Task Of_large_rows_a_page_comes_at_a_time_and_small_ones_beside_them_come_whole()
    {
        var reads = await NewWithMuchAsync();
        var found = await reads.RowsAsync([new("kv/large", 1, 9, long.MaxValue), new("kv/a", 1, 5, long.MaxValue), new("kv/huge", 2, 2, long.MaxValue), new("kv/many", 1, 500, long.MaxValue), new("kv/large", 8, 9, long.MaxValue)]);
        Assert.Equal(["1 2 3", "1 2 3 4 5", "2"], found.Take(3).Select(rows => string.Join(' ', rows.Select(r => r.SequenceNr))));
        Assert.Equal((200, 2), (found[3].Count, found[4].Count));
    }

    [Fact]
    public async Task An_entity_begins_with_the_newest_snapshot_that_is_wanted_and_the_rows_after_it()
    {
        var (reads, _) = await NewAsync();
        var found = await reads.BeginningsAsync([
            new("kv/a", long.MaxValue, long.MaxValue), new("kv/a", 3, long.MaxValue), new("kv/a", long.MaxValue, 1003), new("kv/a", 1, long.MaxValue), new("kv/b", long.MaxValue, long.MaxValue),
            new("kv/none", long.MaxValue, long.MaxValue), new("kv/deleted", long.MaxValue, long.MaxValue)]);
        Assert.Equal(
            ["snapshot 4, at 5: 5", "snapshot 2, at 5: 3 4 5", "snapshot 2, at 5: 3 4 5", "snapshot , at 5: 1 2 3 4 5", "snapshot , at 2: 1 2", "snapshot , at 0: ", "snapshot , at 9: 8"],
            found.Select(b => $"snapshot {b.Snapshot?.SequenceNr}, at {b.Highest}: {string.Join(' ', b.Rows.Select(r => r.SequenceNr))}"));
        Assert.Equal("snapshot 4"u8.ToArray(), found[0].Snapshot!.Message);
        Assert.Equal((1004L, "s", 4117), (found[0].Snapshot!.Created, found[0].Snapshot!.Manifest, found[0].Snapshot!.Serializer));
        var row = found[0].Rows[0];
        Assert.Equal((1005L, "e", 4117), (row.Created, row.Manifest, row.Serializer));
        Assert.Equal("kv/a 5"u8.ToArray(), row.Message);
    }

    [Fact]
    public async Task Of_many_rows_it_begins_with_a_page()
    {
        var reads = await NewWithMuchAsync();
        var found = await reads.BeginningsAsync([new("kv/large", long.MaxValue, long.MaxValue), new("kv/many", long.MaxValue, long.MaxValue)]);
        Assert.Equal(["9: 1", $"500: {string.Join(' ', Enumerable.Range(1, 200))}"], found.Select(b => $"{b.Highest}: {string.Join(' ', b.Rows.Select(r => r.SequenceNr))}"));
    }

    /// <summary>When the server is started anew, say. Whoever asks for many entities tries twice after an error of the database's, and after no other; also where a connection was found to have ended while nobody used it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Connections_that_have_ended_fail_one_question_of_the_database_and_not_the_next(int secondsUnused)
    {
        var (_, journal) = await NewAsync();
        using var reads = new RecoveryReads($"{journal.Database.JournalConnection};Keepalive=1");
        await using (var connection = await journal.Database.OpenKeysAsync(default))
        {
            await using var locked = await connection.BeginTransactionAsync();
            // However slow the machine is: else the server would end it.
            await RunAsync(connection, locked, "SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE journal IN ACCESS EXCLUSIVE MODE");
            Task[] both = [AskAsync(), AskAsync()];
            await using (var looking = await journal.Database.OpenKeysAsync(default))
                while (both.All(t => !t.IsCompleted) && await WaitingAsync(looking) < both.Length) await Task.Delay(10);
            await locked.RollbackAsync();
            await Task.WhenAll(both);
        }
        await journal.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'WITH newest%'");
        await Task.Delay(TimeSpan.FromSeconds(secondsUnused));
        var error = await Record.ExceptionAsync(AskAsync);
        if (secondsUnused == 0 || error is not null) Assert.IsAssignableFrom<DbException>(error);
        await AskAsync();

        Task AskAsync() => reads.BeginningsAsync([new("kv/a", long.MaxValue, long.MaxValue)]);
    }

    private static async Task RunAsync(DbConnection connection, DbTransaction transaction, string sql)
    {
        await using var command = connection.Command(transaction, sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> WaitingAsync(DbConnection connection)
    {
        await using var command = connection.Command(null, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH newest%'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task What_does_not_say_what_it_is_is_an_error_that_names_it()
    {
        var (reads, journal) = await NewAsync();
        await journal.RunAsync("UPDATE journal SET identifier = NULL WHERE persistence_id = 'kv/b' AND sequence_number = 1");
        var rows = await reads.RowsAsync([new("kv/b", 1, 2, long.MaxValue), new("kv/a", 1, 1, long.MaxValue)]);
        using var system = ActorSystem.Create("reading");
        Assert.Equal("kv/b: what is stored as 1 has no serializer", Assert.Throws<InvalidHistoryException>(() => rows[0][0].Read("kv/b", system.Serialization)).Message);
        await system.Terminate();
    }

    /// <summary>Numbers, times, contents, and the order of all that an entity is given when it begins.</summary>
    [Fact]
    public async Task An_entity_begins_with_what_the_plugin_would_have_given_it()
    {
        var journal = await fixture.NewAsync("postgres");
        using (var writing = journal.StartSystem())
        {
            foreach (var (id, rows, snapshot, delete) in ((string, int, int, int)[])[("kv/plain", 7, 0, 0), ("kv/long", 450, 0, 0), ("kv/snapshot", 9, 4, 0), ("kv/deleted", 9, 6, 6), ("kv/gone", 5, 5, 5)])
                await writing.ActorOf(Props.Create(() => new Past(id, rows, snapshot, delete))).Ask<string>("done", Patience);
            await writing.Terminate();
        }
        using var plugin = journal.StartSystem(thePluginsOwn: true);
        using var our = journal.StartSystem();
        foreach (var id in (string[])["kv/plain", "kv/long", "kv/snapshot", "kv/deleted", "kv/gone", "kv/none"])
        {
            var given = await our.ActorOf(Props.Create(() => new Told(id))).Ask<string>("what", Patience);
            Assert.Equal(await plugin.ActorOf(Props.Create(() => new Told(id))).Ask<string>("what", Patience), given);
            Assert.Contains(id == "kv/none" ? "at 0" : $"at {id switch { "kv/plain" => 7, "kv/long" => 450, "kv/gone" => 5, _ => 9 }}", given);
        }
        await Task.WhenAll(plugin.Terminate(), our.Terminate());
    }

    private async Task<RecoveryReads> NewWithMuchAsync()
    {
        var (reads, journal) = await NewAsync();
        await journal.RunAsync("""
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
              SELECT 'kv/large', n, 0, convert_to(repeat('x', 100000), 'UTF8'), 'e', 4117 FROM generate_series(1, 9) AS n;
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
              SELECT 'kv/huge', n, 0, convert_to(repeat('x', 1000000), 'UTF8'), 'e', 4117 FROM generate_series(1, 2) AS n;
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) SELECT 'kv/many', n, 0, '', 'e', 4117 FROM generate_series(1, 500) AS n;
            """);
        return reads;
    }

    private async Task<(RecoveryReads Reads, TestJournal Journal)> NewAsync()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.RunAsync("""
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
              SELECT 'kv/a', n, 1000 + n, convert_to('kv/a ' || n, 'UTF8'), 'e', 4117 FROM generate_series(5, 1, -1) AS n;
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES ('kv/b', 2, 0, '', 'e', 4117), ('kv/b', 1, 0, '', 'e', 4117);
            INSERT INTO journal (persistence_id, sequence_number, deleted, created, message, manifest, identifier) VALUES ('kv/deleted', 9, true, 0, '', 'e', 4117), ('kv/deleted', 8, false, 0, '', 'e', 4117);
            INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id)
              SELECT 'kv/a', n, 1000 + n, convert_to('snapshot ' || n, 'UTF8'), 's', 4117 FROM generate_series(2, 4, 2) AS n;
            """);
        return (new RecoveryReads(journal.Database.JournalConnection), journal);
    }

    /// <summary>Writes rows, a snapshot after so many of them, and deletes the first so many.</summary>
    private sealed class Past : UntypedPersistentActor
    {
        private readonly int rows;
        private readonly int snapshot;
        private readonly int delete;
        private IActorRef? caller;

        public Past(string id, int rows, int snapshot, int delete)
        {
            PersistenceId = id;
            (this.rows, this.snapshot, this.delete) = (rows, snapshot, delete);
        }

        public override string PersistenceId { get; }

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case string:
                    caller = Sender;
                    PersistAll(Enumerable.Range(1, rows).Select(i => new Envelope { Schema = 1, Epoch = i }), row => Written(row.Epoch));
                    break;
                case SaveSnapshotSuccess when delete > 0: DeleteMessages(delete); break;
                case SaveSnapshotSuccess or DeleteMessagesSuccess: caller.Tell("done"); break;
                default: Unhandled(message); break;
            }
        }

        private void Written(long number)
        {
            if (number == snapshot) SaveSnapshot(new Messages.Storage.Snapshot { Schema = 1, Epoch = number });
            if (number == rows && snapshot == 0) caller.Tell("done");
        }
    }

    /// <summary>Says all that it was given.</summary>
    private sealed class Told(string id) : UntypedPersistentActor
    {
        private readonly List<string> given = [];

        public override string PersistenceId => id;

        protected override void OnRecover(object message) => given.Add(message switch
        {
            SnapshotOffer offer => $"snapshot {offer.Metadata.SequenceNr} of {offer.Metadata.Timestamp.Ticks}: {offer.Snapshot}",
            RecoveryCompleted => $"at {LastSequenceNr}",
            _ => $"{LastSequenceNr}: {message}",
        });

        protected override void OnCommand(object message) => Sender.Tell(string.Join('\n', given));
    }
}
