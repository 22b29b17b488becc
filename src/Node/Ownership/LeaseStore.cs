using System.Data;
using System.Data.Common;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Ownership;

/// <summary>The rows of nodes in the database: counters, and who is fenced. Every call is one transaction.</summary>
internal sealed class LeaseStore(Database database, ILogger? log = null)
{
    /// <summary>
    /// Enters a new incarnation, ends those before it at the same address, of which there can't be two, and forgets fenced ones that hold nothing any more. Durable when this returns.
    /// </summary>
    public async Task RegisterAsync(string node, long leaseMs, CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using (var fence = connection.Command(null, "UPDATE node SET fenced = @yes WHERE fenced = @no AND node <> @node AND substr(node, 1, length(@address)) = @address",
            ("yes", true), ("no", false), ("node", node), ("address", node[..(node.LastIndexOf(' ') + 1)])))
            await fence.ExecuteNonQueryAsync(CancellationToken.None);
        await using (var forget = connection.Command(null, "DELETE FROM node WHERE fenced = @yes AND NOT EXISTS (SELECT 1 FROM shard WHERE holder = node.node)", ("yes", true)))
            await forget.ExecuteNonQueryAsync(CancellationToken.None);
        await using var enter = connection.Command(null, "INSERT INTO node (node, counter, fenced, lease_ms) VALUES (@node, 0, @no, @lease) ON CONFLICT (node) DO NOTHING", ("node", node), ("no", false), ("lease", leaseMs));
        await enter.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>
    /// Raises the node's counter, unless it is fenced, and reads what there is to know of the others. It blocks its thread: that thread has nothing else to do, and needs
    /// none of the pool's, which may all be busy.
    /// </summary>
    /// <exception cref="DbException">Not known whether it was raised.</exception>
    public static LeaseReading Renew(DbConnection connection, string node) => connection.CanCreateBatch ? RenewAtOnce(connection, node) : RenewStepByStep(connection, node);

    /// <summary>All nodes' rows as they are, between two renewals. Blocks its thread.</summary>
    public static List<NodeRow> Look(DbConnection connection)
    {
        using var command = connection.Command(null, ReadNodes);
        using var rows = command.ExecuteReader();
        return Nodes(rows);
    }

    private const string Raise = "UPDATE node SET counter = counter + 1 WHERE node = @node AND fenced = @no";
    private const string ReadNodes = "SELECT node, counter, fenced, lease_ms FROM node";
    private const string ReadMine = "SELECT shard, epoch FROM shard WHERE holder = @node";
    private const string ReadSum = "SELECT SUM(epoch) FROM shard";

    /// <summary>In one round trip, which is one transaction: a thread that gets no time between two would hold the row's lock meanwhile.</summary>
    private static LeaseReading RenewAtOnce(DbConnection connection, string node)
    {
        using var batch = connection.CreateBatch();
        var raise = batch.Add(Raise, ("node", node), ("no", false));
        batch.Add(ReadNodes);
        batch.Add(ReadMine, ("node", node));
        batch.Add(ReadSum);
        using var rows = batch.ExecuteReader();
        var nodes = Nodes(rows);
        rows.NextResult();
        var mine = Mine(rows);
        rows.NextResult();
        var sum = Sum(rows);
        // The commit comes last: only the end says that it was one.
        rows.NextResult();
        rows.Close();
        return new LeaseReading(raise.RecordsAffected == 1, nodes, mine, sum);
    }

    private static LeaseReading RenewStepByStep(DbConnection connection, string node)
    {
        using var transaction = connection.BeginTransaction(IsolationLevel.Serializable);
        using var raise = connection.Command(transaction, Raise, ("node", node), ("no", false));
        var renewed = raise.ExecuteNonQuery() == 1;
        var nodes = Read(ReadNodes, Nodes);
        var mine = Read(ReadMine, Mine, ("node", node));
        var sum = Read(ReadSum, Sum);
        transaction.Commit();
        return new LeaseReading(renewed, nodes, mine, sum);

        T Read<T>(string text, Func<DbDataReader, T> take, params ReadOnlySpan<(string Name, object Value)> parameters)
        {
            using var command = connection.Command(transaction, text, parameters);
            using var rows = command.ExecuteReader();
            return take(rows);
        }
    }

    private static List<NodeRow> Nodes(DbDataReader rows)
    {
        var nodes = new List<NodeRow>();
        while (rows.Read()) nodes.Add(new NodeRow(rows.GetString(0), rows.GetInt64(1), rows.GetBoolean(2), rows.GetInt64(3)));
        return nodes;
    }

    private static List<(int Shard, long Epoch)> Mine(DbDataReader rows)
    {
        var mine = new List<(int, long)>();
        while (rows.Read()) mine.Add((rows.GetInt32(0), rows.GetInt64(1)));
        return mine;
    }

    private static long Sum(DbDataReader rows) => rows.Read() ? Convert.ToInt64(rows.GetValue(0), System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>
    /// Ends another incarnation: from the commit on, it can't renew or take. Its lease still runs out. Two nodes that want to fence one another lock both rows in the same order,
    /// so that one of them finds itself fenced.
    /// </summary>
    /// <param name="fencer">Who wants it; it must not be fenced itself.</param>
    /// <param name="node">Whom.</param>
    /// <param name="atCounter">Only while its counter is still this; null: whatever it is.</param>
    /// <param name="ct">Gives up; whether it was done is not known then.</param>
    /// <returns>Whether it is fenced now (also if it was before).</returns>
    public async Task<bool> FenceAsync(string fencer, string node, long? atCounter, CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await LockAsync(connection, transaction, [fencer, node], ct);
        if (!rows.TryGetValue(fencer, out var self) || self.Fenced) return false;
        if (!rows.TryGetValue(node, out var other) || other.Fenced) return true;
        if (atCounter is { } counter && other.Counter != counter) return false;
        await using (var fence = connection.Command(transaction, "UPDATE node SET fenced = @yes WHERE node = @node", ("yes", true), ("node", node))) await fence.ExecuteNonQueryAsync(ct);
        await OwnershipStore.CommitAsync(transaction);
        await EndBackendsAsync(connection, node, ct);
        return true;
    }

    /// <summary>An incarnation that has given everything back ends itself, so that its row can be forgotten.</summary>
    public async Task RetireAsync(string node)
    {
        await using var connection = await database.OpenOwnershipAsync(CancellationToken.None);
        await using var retire = connection.Command(null, "UPDATE node SET fenced = @yes WHERE node = @node", ("yes", true), ("node", node));
        await retire.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Locks the rows of these nodes until the end of the transaction, in the order of their names, and reads them.</summary>
    public Task<Dictionary<string, NodeRow>> LockAsync(DbConnection connection, DbTransaction transaction, IEnumerable<string> nodes, CancellationToken ct) =>
        // SQLite has one writer at a time: there, the whole transaction is the lock.
        RowsAsync(connection, transaction, nodes, database.IsPostgres ? " FOR UPDATE" : "", ct);

    /// <summary>Reads the rows of these nodes.</summary>
    public Task<Dictionary<string, NodeRow>> ReadAsync(DbConnection connection, DbTransaction transaction, IEnumerable<string> nodes, CancellationToken ct) =>
        RowsAsync(connection, transaction, nodes, "", ct);

    private static async Task<Dictionary<string, NodeRow>> RowsAsync(DbConnection connection, DbTransaction transaction, IEnumerable<string> nodes, string locking, CancellationToken ct)
    {
        var rows = new Dictionary<string, NodeRow>(StringComparer.Ordinal);
        foreach (var node in nodes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            await using var read = connection.Command(transaction, $"SELECT counter, fenced, lease_ms FROM node WHERE node = @node{locking}", ("node", node));
            await using var row = await read.ExecuteReaderAsync(ct);
            if (await row.ReadAsync(ct)) rows[node] = new NodeRow(node, row.GetInt64(0), row.GetBoolean(1), row.GetInt64(2));
        }
        return rows;
    }

    /// <summary>A fenced node's writes under way can't land where a new owner has claimed. Ending them only keeps their locks from being waited for, and so it may fail.</summary>
    public async Task EndBackendsAsync(DbConnection connection, string node, CancellationToken ct)
    {
        if (!database.IsPostgres) return;
        try
        {
            await using var end = connection.Command(null,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = @name AND usename = current_user AND datname = current_database()",
                ("name", Database.ApplicationNameOf(node)));
            await end.ExecuteNonQueryAsync(ct);
        }
        catch (Exception e) when (e is DbException or OperationCanceledException)
        {
            log?.LogDebug(e, "The connections of {Node}, which is fenced, could not be ended", node);
        }
    }
}
