using System.Data;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Backups;

/// <summary>
/// Which backup is, or was, restored into this database: one row of <c>journal_mark</c>, with a hash of its id, and whether it has come to its end. It is set once, while there is nothing but empty slots: so that an interrupted restore may
/// go on over what it has written itself, and no other one begins.
/// </summary>
internal sealed class RestoreMark(Database database)
{
    private const string Name = "restored";
    private const long Open = 0;
    private const long Ended = 1;

    /// <returns>Whether it has come to its end before.</returns>
    /// <exception cref="RefusedException">REVISION_MISMATCH: there is data, or another backup's restore.</exception>
    public async Task<bool> BeginAsync(string backupId, CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        await using (var insert = connection.Command(transaction, """
            INSERT INTO journal_mark (name, xid, ordering) SELECT @name, @id, 0
            WHERE NOT EXISTS (SELECT 1 FROM journal WHERE persistence_id LIKE 'kv/%' OR persistence_id LIKE 'lock/%') AND NOT EXISTS (SELECT 1 FROM outcome) ON CONFLICT (name) DO NOTHING
            """, ("@name", Name), ("@id", NumberOf(backupId))))
            await insert.ExecuteNonQueryAsync(ct);
        var mark = await Marks.ReadAsync(connection, transaction, Name, ct);
        // Not cancelled: whether it is stored is found out by beginning again.
        await transaction.CommitAsync(CancellationToken.None);
        if (mark is null) throw Refused("this cluster has keys, locks or transactions already: a backup is restored into an empty one only");
        if (mark.Value.TransactionId != NumberOf(backupId)) throw Refused("another backup was restored into this cluster, or is being restored: a backup is restored into an empty one only");
        return mark.Value.Ordering == Ended;
    }

    /// <exception cref="RefusedException">REVISION_MISMATCH: it was not begun.</exception>
    public async Task CheckBegunAsync(string backupId, CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        if (await Marks.ReadAsync(connection, null, Name, ct) is not { } mark || mark.TransactionId != NumberOf(backupId)) throw Refused("the restore of this backup was not begun here");
    }

    public async Task EndAsync(string backupId, CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        var (open, ended) = (new JournalPosition(NumberOf(backupId), Open), new JournalPosition(NumberOf(backupId), Ended));
        if (!await Marks.MoveAsync(connection, transaction, Name, open, ended, ct) && !await Marks.MoveAsync(connection, transaction, Name, ended, ended, ct)) throw Refused("the restore of this backup was not begun here");
        await transaction.CommitAsync(CancellationToken.None);
    }

    private static long NumberOf(string backupId) => (long)(StableHash.Of(backupId) >> 1);

    private static RefusedException Refused(string why) => new(Refusals.Of(ErrorCode.RevisionMismatch, why));
}
