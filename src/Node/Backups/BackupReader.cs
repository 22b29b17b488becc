using System.Data.Common;
using System.Reflection;
using System.Runtime.CompilerServices;
using AkkaHa.Core.Backups;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Eventual;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;

namespace AkkaHa.Node.Backups;

/// <summary>
/// Reads all that is stored, as of one moment: one snapshot of the database, in which each entity is recovered as its own recovery would. Whatever was acknowledged before the call is durable, and so in it; nobody waits for it, and no
/// shard or lease is needed. One key at a time is in memory. Eventual data is not in that database: it is this node's after it has asked a majority.
/// </summary>
internal sealed class BackupReader(Database database, NodeSettings settings, NodeLifecycle lifecycle)
{
    /// <summary>Of the file, and of its records.</summary>
    public const uint Version = 1;

    private const int BucketsAtOnce = 32;

    private static readonly TimeSpan EventualAtMost = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim one = new(1);

    /// <summary>The header, all records, and the summary.</summary>
    public async IAsyncEnumerable<BackupRecord> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var node = lifecycle.Running ?? throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node waits for {lifecycle.WaitingFor}"));
        if (!one.Wait(0, CancellationToken.None)) throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, "this node is at a backup already; the limit is one at a time"));
        try
        {
            var summary = new BackupSummary();
            await using (var connection = await database.OpenJournalAsync(node.Parts.Incarnation, ct))
            {
                await BeginAsync(connection, ct);
                try
                {
                    var header = await HeaderAsync(connection, ct);
                    yield return new BackupRecord { Header = header };
                    var cut = new Cut(header.TakenAtMs);
                    await foreach (var record in OutcomesAsync(connection, cut, header.TakenAtMs, summary, ct)) yield return record;
                    await foreach (var record in new KeysAndLocks(connection, cut, summary).ReadAsync(ct)) yield return record;
                }
                finally
                {
                    await RunAsync(connection, "ROLLBACK", CancellationToken.None);
                }
            }
            await foreach (var record in BucketsAsync(node, summary)) yield return record;
            yield return new BackupRecord { Summary = summary };
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>On PostgreSQL it has no transaction id, and so holds no watch and no list back; and a caller that is slow for a while must not break it.</summary>
    private async Task BeginAsync(DbConnection connection, CancellationToken ct)
    {
        await RunAsync(connection, database.IsPostgres
            ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL statement_timeout = '60s'"
            : "BEGIN", ct);
    }

    private async Task<BackupHeader> HeaderAsync(DbConnection connection, CancellationToken ct)
    {
        var last = await new JournalReader(database).HighestAsync(connection, ct);
        await using var now = connection.Command(null, $"SELECT {database.NowMs}");
        return new BackupHeader
        {
            Version = Version, BackupId = Guid.CreateVersion7().ToString(), Position = new WatchPosition(last).Text(database.IsPostgres),
            TakenAtMs = Convert.ToInt64(await now.ExecuteScalarAsync(ct), System.Globalization.CultureInfo.InvariantCulture),
            Program = typeof(BackupReader).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        };
    }

    private async IAsyncEnumerable<BackupRecord> OutcomesAsync(DbConnection connection, Cut cut, long nowMs, BackupSummary summary, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var slot = 0; slot < settings.Shards; slot++)
        {
            summary.FenceFloor = Math.Max(summary.FenceFloor, (await StateAsync(connection, EntityId.SessionSlot(slot), ct)).Sessions.FenceFloor);
            var decided = cut.Take((await StateAsync(connection, EntityId.TransactionSlot(slot), ct)).Transactions, out var undecided);
            foreach (var outcome in decided) yield return Record(outcome.TransactionId, outcome.Record, outcome.KeepUntilMs, summary);
            foreach (var started in undecided)
            {
                var participants = new Dictionary<string, ParticipantSnapshot?>(StringComparer.Ordinal);
                foreach (var participant in started.Participants) participants[participant] = StoredParticipant.Of(await StateAsync(connection, EntityId.Parse(participant), ct));
                if (cut.Decide(started, participants) is { } outcome) yield return Record(outcome.TransactionId, outcome.Record, outcome.KeepUntilMs, summary);
            }
        }
        await foreach (var (id, keepUntilMs, record) in new OlderOutcomes(connection).ReadAsync(nowMs, ct)) yield return Record(id, StoredTransaction.Parser.ParseFrom(record), keepUntilMs, summary);
    }

    private async IAsyncEnumerable<BackupRecord> BucketsAsync(RunningNode node, BackupSummary summary)
    {
        foreach (var some in Enumerable.Range(0, Placing.Buckets).Chunk(BucketsAtOnce))
        {
            var (read, reached) = await node.Eventual.ReadAsync(some, EventualConsistency.Majority, EventualAtMost);
            if (!reached) summary.BucketsShort += some.Length;
            foreach (var (bucket, state) in some.Zip(read))
            {
                if (state.Equals(Bucket.Empty)) continue;
                summary.Buckets++;
                yield return new BackupRecord { Bucket = new BackupBucket { Bucket = bucket, State = BucketCodec.Write(state).ToByteString() } };
            }
        }
    }

    private static BackupRecord Record(string id, StoredTransaction record, long keepUntilMs, BackupSummary summary)
    {
        summary.Outcomes++;
        summary.OutcomesIssuedUntilMs = Math.Max(summary.OutcomesIssuedUntilMs, TransactionIdTime.IssuedAtMs(id) ?? 0);
        return new BackupRecord { Outcome = new BackupOutcome { TransactionId = id, Outcome = new ArchivedOutcome(id, record, keepUntilMs).Outcome, KeepUntilMs = keepUntilMs, Record = record.ToByteString() } };
    }

    private static Task<Snapshot> StateAsync(DbConnection connection, EntityId id, CancellationToken ct) => StoredForBackup.RecoverAsync(connection, id.ToString(), ct);

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken ct)
    {
        await using var command = connection.Command(null, sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}
