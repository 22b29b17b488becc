using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Ownership;

/// <summary>The rows of shards in the database: who owns which, under which epoch. An epoch is given out once and only grows.</summary>
internal sealed class OwnershipStore(Database database, LeaseStore leases, RuleSwitches rules)
{
    /// <summary>
    /// Takes what can be taken of these shards, all in one transaction, each under a new epoch. Durable when this returns.
    /// </summary>
    /// <param name="shards">Which.</param>
    /// <param name="taker">For whom.</param>
    /// <param name="expiredAt">The counter at which a node's lease was seen to run out; null: it was not.</param>
    /// <param name="ct">Gives up; whether anything was taken is not known then.</param>
    /// <returns>The epochs of those that were taken, and who holds the others.</returns>
    /// <exception cref="FencedException">The taker is fenced.</exception>
    public async Task<TakeResult> TakeAsync(IReadOnlyCollection<int> shards, string taker, Func<string, long?> expiredAt, CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Nodes' rows are locked before shards', by everybody: so first a look at whose rows these will be.
        var seen = await ShardsAsync(connection, transaction, shards, forUpdate: false, ct);
        var held = rules.WaitOutLease ? await HeldAsync(connection, transaction, seen.Values, taker, expiredAt, ct) : [];
        foreach (var shard in held.Keys) seen.Remove(shard);
        if (seen.Count == 0) return new TakeResult(new Dictionary<int, long>(), held);
        var nodes = await leases.LockAsync(connection, transaction, [taker, .. seen.Values.Select(r => r.Holder).OfType<string>()], ct);
        var locked = await ShardsAsync(connection, transaction, seen.Keys, forUpdate: true, ct);
        var self = nodes.GetValueOrDefault(taker, new NodeRow(taker, 0, Fenced: true));
        var take = new List<int>();
        var fence = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (shard, row) in locked)
        {
            NodeRow? holder = row.Holder is not null && nodes.TryGetValue(row.Holder, out var there) ? there : null;
            // It changed hands between the two looks: the holder's row is not locked.
            var verdict = row.Holder != seen[shard].Holder ? TakeVerdict.Held : Taking.Decide(
                rules, self, row.Holder, holder, row.Holder is null ? null : expiredAt(row.Holder), answers: shard != ShardRow.Coordinator);
            switch (verdict)
            {
                case TakeVerdict.TakerFenced: throw new FencedException(taker);
                case TakeVerdict.Held: held[shard] = row.Holder ?? ""; break;
                case TakeVerdict.Take: take.Add(shard); break;
                case TakeVerdict.TakeAndFence:
                    take.Add(shard);
                    fence.Add(row.Holder!);
                    break;
                default: throw new InvalidOperationException($"no such verdict: {verdict}");
            }
        }
        if (take.Count == 0) return new TakeResult(new Dictionary<int, long>(), held);
        foreach (var node in fence)
            await using (var set = connection.Command(transaction, "UPDATE node SET fenced = @yes WHERE node = @node AND counter = @counter", ("yes", true), ("node", node), ("counter", nodes[node].Counter)))
                await set.ExecuteNonQueryAsync(ct);
        await using (var set = connection.Command(transaction, $"UPDATE shard SET epoch = epoch + 1, holder = @taker WHERE shard IN ({Sql.List(take)})", ("taker", taker)))
            await set.ExecuteNonQueryAsync(ct);
        await CommitAsync(transaction);
        foreach (var node in fence) await leases.EndBackendsAsync(connection, node, ct);
        return new TakeResult(take.ToDictionary(s => s, s => locked[s].Epoch + 1), held);
    }

    /// <summary>
    /// Those that another node holds whose lease is not known to have run out. Nothing is locked for this: whoever waits looks often, and one that stood still
    /// with a lock on a living holder's row would cost it its lease.
    /// </summary>
    private async Task<Dictionary<int, string>> HeldAsync(
        DbConnection connection, DbTransaction transaction, IEnumerable<ShardRow> shards, string taker, Func<string, long?> expiredAt, CancellationToken ct)
    {
        var waits = shards.Where(s => s.Holder is { } holder && holder != taker && expiredAt(holder) is null).ToArray();
        if (waits.Length == 0) return [];
        var nodes = await leases.ReadAsync(connection, transaction, [taker, .. waits.Select(s => s.Holder!)], ct);
        if (!nodes.TryGetValue(taker, out var self) || self.Fenced) throw new FencedException(taker);
        return waits.Where(s => nodes.TryGetValue(s.Holder!, out var holder) && !(holder.Fenced && s.Shard == ShardRow.Coordinator)).ToDictionary(s => s.Shard, s => s.Holder!);
    }

    /// <summary>Gives shards back, those that are still held under these epochs.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<(int Shard, long Epoch)> shards, string holder, CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await ShardsAsync(connection, transaction, [.. shards.Select(s => s.Shard)], forUpdate: true, ct);
        var mine = shards.Where(s => rows[s.Shard].Holder == holder && (rows[s.Shard].Epoch == s.Epoch || !rules.ReleaseNamesEpoch)).Select(s => s.Shard).ToArray();
        if (mine.Length == 0) return;
        await using (var set = connection.Command(transaction, $"UPDATE shard SET holder = NULL WHERE shard IN ({Sql.List(mine)})")) await set.ExecuteNonQueryAsync(ct);
        await CommitAsync(transaction);
    }

    /// <summary>All rows.</summary>
    public async Task<IReadOnlyList<ShardRow>> ReadAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var command = connection.Command(null, "SELECT shard, epoch, holder FROM shard WHERE shard >= 0 ORDER BY shard");
        return await RowsAsync(command, ct);
    }

    /// <summary>Who is written in the row of any shard, or of the coordinator.</summary>
    public async Task<IReadOnlySet<string>> HoldersAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var command = connection.Command(null, "SELECT DISTINCT holder FROM shard WHERE holder IS NOT NULL");
        await using var rows = await command.ExecuteReaderAsync(ct);
        var holders = new HashSet<string>(StringComparer.Ordinal);
        while (await rows.ReadAsync(ct)) holders.Add(rows.GetString(0));
        return holders;
    }

    /// <summary>
    /// Never cancelled: PostgreSQL answers success to a commit that was cancelled while it waited for its standby. One that takes too long breaks its connection, and is unknown.
    /// </summary>
    public static Task CommitAsync(DbTransaction transaction) => transaction.CommitAsync(CancellationToken.None);

    private async Task<Dictionary<int, ShardRow>> ShardsAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<int> shards, bool forUpdate, CancellationToken ct)
    {
        await using var command = connection.Command(transaction,
            $"SELECT shard, epoch, holder FROM shard WHERE shard IN ({Sql.List(shards)}) ORDER BY shard{(forUpdate && database.IsPostgres ? " FOR UPDATE" : "")}");
        return (await RowsAsync(command, ct)).ToDictionary(r => r.Shard);
    }

    private static async Task<List<ShardRow>> RowsAsync(DbCommand command, CancellationToken ct)
    {
        var rows = new List<ShardRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) rows.Add(new ShardRow(reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
        return rows;
    }
}
