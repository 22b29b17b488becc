using AkkaHa.Core.Entities;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Backups;

/// <summary>
/// Puts a backup into a cluster that has nothing yet: keys and locks by commands to their entities, as everything is written; outcomes into their table; eventual data by merging. All of it may be done again. The slots hear first what
/// was given out before: no grant and no transaction after that can be mistaken for one of before.
/// </summary>
internal sealed class BackupRestore(Database database, NodeLifecycle lifecycle, EntityCalls calls)
{
    private const int AtOnce = 32;
    private static readonly TimeSpan EventualAtMost = TimeSpan.FromSeconds(5);

    private readonly RestoreMark mark = new(database);

    /// <returns>Whether all is done already.</returns>
    public async Task<bool> BeginAsync(BackupHeader header, BackupSummary summary, CancellationToken ct)
    {
        if (await mark.BeginAsync(header.BackupId, ct)) return true;
        var slots = Enumerable.Range(0, calls.Shards.ShardCount);
        await EachAsync(slots.SelectMany(s => new[] { EntityId.SessionSlot(s), EntityId.TransactionSlot(s) }), slot => AskAsync(slot, new Command
        {
            RestoreSlot = new RestoreSlot { FenceFloor = summary.FenceFloor, OutcomesIssuedUntilMs = summary.OutcomesIssuedUntilMs },
        }, ct), ct);
        return false;
    }

    public async Task TakeAsync(string backupId, IReadOnlyList<BackupRecord> records, CancellationToken ct)
    {
        await mark.CheckBegunAsync(backupId, ct);
        var node = lifecycle.Running ?? throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node waits for {lifecycle.WaitingFor}"));
        var outcomes = records.Where(r => r.Outcome is not null).Select(r => r.Outcome).ToArray();
        if (outcomes.Length > 0)
            await node.Parts.Outcomes.Store.StoreAsync([.. outcomes.Select(o => new ArchivedOutcome(o.TransactionId, StoredTransaction.Parser.ParseFrom(o.Record), o.KeepUntilMs))]);
        await EachAsync(records, async record =>
        {
            switch (record.BodyCase)
            {
                case BackupRecord.BodyOneofCase.Key:
                    await AskAsync(EntityId.Key(record.Key.Key), new Command { RestoreKey = record.Key }, ct);
                    break;
                case BackupRecord.BodyOneofCase.Lock:
                    await AskAsync(EntityId.Lock(record.Lock.Name), new Command { RestoreLock = record.Lock }, ct);
                    break;
                case BackupRecord.BodyOneofCase.Bucket:
                    await node.Eventual.MergeAsync(record.Bucket.Bucket, BucketCodec.Read(EventualBucket.Parser.ParseFrom(record.Bucket.State), isDelta: false), EventualAtMost);
                    break;
                case BackupRecord.BodyOneofCase.Outcome:
                    break;
                default:
                    throw new RefusedException(Refusals.Of(ErrorCode.InvalidArgument, $"records: a {record.BodyCase} is nothing to restore"));
            }
        }, ct);
    }

    public Task EndAsync(string backupId, CancellationToken ct) => mark.EndAsync(backupId, ct);

    private async Task AskAsync(EntityId entity, Command command, CancellationToken ct)
    {
        var reply = await calls.AskAsync(entity, command, ct);
        EntityCalls.Expect(reply.Restored, reply);
    }

    private static Task EachAsync<T>(IEnumerable<T> all, Func<T, Task> run, CancellationToken ct) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (one, _) => await run(one));
}
