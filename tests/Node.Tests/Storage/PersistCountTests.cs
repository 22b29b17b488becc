using System.Globalization;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Tests.Membership;
using Google.Protobuf;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>What transactions cost, counted in the journal of a node that runs: rows, writes of entities, and the database's own transactions.</summary>
public sealed class PersistCountTests(ITestOutputHelper output)
{
    private static readonly ShardMap Shards = new(ShardMap.DefaultShardCount);

    /// <summary>One row: whose, in which order, and what it holds.</summary>
    private sealed record Row(long Ordering, string Entity, long TimeMs, IReadOnlyList<Event> Events)
    {
        public string Kinds => string.Join('+', Events.Select(e => e.BodyCase).Distinct());

        /// <summary>What the answer waits for.</summary>
        public bool IsBeforeAnswer => Events.Any(e => e.TransactionStarted is not null || e.Prepared is not null);
    }

    [Fact]
    public async Task A_transfer_between_two_idle_keys_waits_for_three_rows_that_wait_for_nothing()
    {
        await using var cluster = new InProcessCluster { ShardCount = ShardMap.DefaultShardCount };
        var node = await cluster.StartAsync();
        await RunAsync(node, Transfer("t0", "a", "b"));
        await AppliedAsync(cluster);
        var (rows, commits) = await CountAsync(cluster, () => RunAsync(node, Transfer("t1", "a", "b")));
        Report("a transfer between two idle keys", rows, commits, 1);
        Assert.True(rows.Count <= 6, $"{rows.Count} rows");
        Assert.Equal(3, rows.Count(r => r.IsBeforeAnswer));
        Assert.All(rows.Take(3), r => Assert.True(r.IsBeforeAnswer, r.Kinds));
    }

    [Fact]
    public async Task A_guarded_put_waits_for_three_rows_that_wait_for_nothing()
    {
        await using var cluster = new InProcessCluster { ShardCount = ShardMap.DefaultShardCount };
        var node = await cluster.StartAsync();
        var session = await InProcessCluster.AskAsync(node, CreateSession());
        var grant = (await InProcessCluster.AskAsync(node, Acquire(session.CreateSession.SessionId))).LockGrant;
        await RunAsync(node, Guarded("r0", grant.Fence));
        await AppliedAsync(cluster);
        var (rows, commits) = await CountAsync(cluster, () => RunAsync(node, Guarded("r1", grant.Fence)));
        Report("a guarded put", rows, commits, 1);
        Assert.Equal(3, rows.Count(r => r.IsBeforeAnswer));
        Assert.All(rows.Take(3), r => Assert.True(r.IsBeforeAnswer, r.Kinds));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(8192)]
    public async Task Under_load_transfers_share_their_writes(int accounts)
    {
        const int clients = 64, each = 10;
        await using var cluster = new InProcessCluster { ShardCount = ShardMap.DefaultShardCount };
        var node = await cluster.StartAsync();
        await UnwatchedAsync(node);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(c => RunAsync(node, Transfer($"w{c}", $"k{c}", $"k{clients + c}"))));
        await AppliedAsync(cluster);
        var (rows, commits) = await CountAsync(cluster, () => Task.WhenAll(Enumerable.Range(0, clients).Select(async c =>
        {
            var rng = new Random(c);
            for (var i = 0; i < each; i++)
            {
                var from = rng.Next(accounts);
                await RunAsync(node, Transfer($"l{c}-{i}", $"k{from}", $"k{(from + 1 + rng.Next(accounts - 1)) % accounts}"));
            }
        })));
        Report($"{clients * each} transfers by {clients} clients among {accounts} keys", rows, commits, clients * each);
        Assert.True(commits < clients * each, $"{commits} transactions of the database for {clients * each} transfers");
        // Without short waits and folding it was 8.7 among few.
        Assert.True(rows.Count < 7 * clients * each, $"{rows.Count} rows for {clients * each} transfers");
    }

    /// <summary>Each client moves to and fro between two keys of its own: what was committed is applied in the row of the next.</summary>
    [Fact]
    public async Task Between_busy_keys_a_transfer_has_fewer_rows_than_between_idle_ones()
    {
        const int clients = 32, each = 10;
        await using var cluster = new InProcessCluster { ShardCount = ShardMap.DefaultShardCount };
        var node = await cluster.StartAsync();
        await UnwatchedAsync(node);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(c => RunAsync(node, Transfer($"w{c}", $"k{c}", $"l{c}"))));
        await AppliedAsync(cluster);
        var (rows, commits) = await CountAsync(cluster, () => Task.WhenAll(Enumerable.Range(0, clients).Select(async c =>
        {
            for (var i = 0; i < each; i++) await RunAsync(node, Transfer($"b{c}-{i}", $"k{c}", $"l{c}"));
        })));
        Report($"{clients * each} transfers by {clients} clients, each between two keys of its own", rows, commits, clients * each);
        Assert.True(rows.Count < 5 * clients * each, $"{rows.Count} rows for {clients * each} transfers");
    }

    /// <summary>A pause between two of them is shorter than what is committed waits while nobody watches, and longer than while somebody may. (Where this machine stands still for longer, the next pair has a try.)</summary>
    [Fact]
    public async Task While_nobody_watches_what_is_committed_is_applied_with_the_next_transfer_a_little_later()
    {
        await using var cluster = new InProcessCluster { ShardCount = ShardMap.DefaultShardCount };
        var node = await cluster.StartAsync();
        await UnwatchedAsync(node);
        await RunAsync(node, Transfer("t", "a", "b"));
        for (var tries = 0; !Rows(cluster, 0).Any(r => r.Kinds == "Applied+Prepared"); tries++)
        {
            Assert.InRange(tries, 0, 20);
            await Task.Delay(200);
            await RunAsync(node, Transfer($"t{tries}", "a", "b"));
        }
    }

    /// <summary>A node that has just come does not know that yet.</summary>
    private static Task UnwatchedAsync(RunningNode node) => InProcessCluster.EventuallyAsync(() => !node.Parts.AreKeysWatched());

    private static TransactionRequest Transfer(string id, string from, string to) => new()
    {
        TransactionId = id, DeadlineSeconds = 10,
        Then = { new Operation { Add = new AddOperation { Key = from, Amount = -1 } }, new Operation { Add = new AddOperation { Key = to, Amount = 1 } } },
    };

    private static TransactionRequest Guarded(string requestId, long fence) =>
        GuardedWrite.Of(new PutKeyRequest { Key = "g", Value = ByteString.CopyFromUtf8("x"), Lock = "l", Fence = fence, RequestId = requestId });

    private static Command CreateSession()
    {
        var requestId = Guid.CreateVersion7();
        var slot = Shards.SessionSlotFor(requestId.ToString());
        return new Command
        {
            Entity = slot.ToString(), RequestId = requestId.ToString(), Attempt = 1,
            CreateSession = new CreateSession { Request = new CreateSessionRequest { TtlSeconds = 600 }, SessionId = $"{slot.Name}-{Guid.CreateVersion7()}" },
        };
    }

    private static Command Acquire(string sessionId) => new()
    {
        Entity = "lock/l", RequestId = Guid.CreateVersion7().ToString(), Attempt = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = sessionId },
    };

    private static async Task RunAsync(RunningNode node, TransactionRequest transaction)
    {
        var reply = await InProcessCluster.AskAsync(node, new Command { Entity = Shards.TransactionSlotOf(transaction.TransactionId).ToString(), Attempt = 1, RunTransaction = transaction });
        Assert.True(reply.Transaction is { ConditionsHeld: true }, reply.ToString());
    }

    private static async Task<(IReadOnlyList<Row> Rows, int Commits)> CountAsync(InProcessCluster cluster, Func<Task> run)
    {
        // While somebody reads, SQLite does not begin its log anew.
        await using var reader = await DatabaseOf(cluster).OpenJournalAsync(default);
        await using var reading = await reader.BeginTransactionAsync(System.Data.IsolationLevel.ReadUncommitted);
        await using var count = reader.CreateCommand();
        count.CommandText = "SELECT COUNT(*) FROM journal";
        await count.ExecuteScalarAsync();
        var (before, commits) = (Rows(cluster, 0).Max(r => r.Ordering), WriteAheadLog.Commits(cluster.DataDirectory));
        await run();
        await AppliedAsync(cluster);
        // Slots that nobody has asked yet wake by themselves, and claim.
        return ([.. Rows(cluster, before).Where(r => !r.Events.All(e => e.Claimed is not null))], WriteAheadLog.Commits(cluster.DataDirectory) - commits);
    }

    /// <summary>Until every transaction that was begun is applied everywhere. That it is settled is written with the next row of its slot.</summary>
    private static async Task AppliedAsync(InProcessCluster cluster)
    {
        await InProcessCluster.EventuallyAsync(() =>
        {
            var events = Rows(cluster, 0).SelectMany(r => r.Events).ToArray();
            var applied = events.Where(e => e.Applied is not null).CountBy(e => e.Applied.TransactionId).ToDictionary(StringComparer.Ordinal);
            return events.Where(e => e.TransactionStarted is not null).All(e => applied.GetValueOrDefault(e.TransactionStarted.TransactionId) == e.TransactionStarted.Participants.Count);
        });
        await Task.Delay(300);
    }

    private static Database DatabaseOf(InProcessCluster cluster) => new(new NodeSettings { DataDirectory = cluster.DataDirectory });

    private static IReadOnlyList<Row> Rows(InProcessCluster cluster, long above)
    {
        using var connection = DatabaseOf(cluster).OpenJournalAsync(default).GetAwaiter().GetResult();
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT ordering, persistence_id, message FROM journal WHERE ordering > {above} AND manifest = 'e' ORDER BY ordering");
        using var reader = command.ExecuteReader();
        var rows = new List<Row>();
        while (reader.Read())
        {
            var row = Envelope.Parser.ParseFrom((byte[])reader[2]);
            rows.Add(new Row(reader.GetInt64(0), reader.GetString(1), row.TimeMs, row.Events));
        }
        return rows;
    }

    private void Report(string what, IReadOnlyList<Row> rows, int commits, int transactions)
    {
        // Rows of one write of an entity have one time; two writes of an entity in one millisecond count as one here.
        var writes = rows.Select(r => (r.Entity, r.TimeMs)).Distinct().Count();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {rows.Count(r => r.IsBeforeAnswer)} rows before the answer, {rows.Count} rows in all, in {writes} writes of entities and {commits} transactions of the database"));
        if (transactions > 1)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"for each: {1.0 * rows.Count / transactions:0.00} rows, {1.0 * writes / transactions:0.00} writes of entities, {1.0 * commits / transactions:0.00} transactions of the database"));
        foreach (var kind in rows.GroupBy(r => r.Kinds)) output.WriteLine($"{kind.Count(),6} {kind.Key}");
    }
}
