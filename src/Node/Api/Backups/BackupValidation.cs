using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Transactions;
using Google.Protobuf;

namespace AkkaHa.Node.Api.Backups;

/// <summary>A file's checksum says that it is as it was written, not who wrote it.</summary>
internal static class BackupValidation
{
    private const long Highest = long.MaxValue / 2;

    public static Failure? Check(BeginRestoreRequest request, uint newestVersion)
    {
        if (request.Header is null) return Refusals.Invalid("header", "is missing");
        if (request.Summary is null) return Refusals.Invalid("summary", "is missing");
        if (request.Header.Version == 0 || request.Header.Version > newestVersion) return Refusals.Invalid("header.version", $"is {request.Header.Version}; this node reads 1 to {newestVersion}");
        return Fields.RequiredId("header.backupId", request.Header.BackupId) ?? Number("summary.fenceFloor", request.Summary.FenceFloor, 0);
    }

    public static Failure? Check(RestoreRequest request)
    {
        if (Fields.RequiredId("backupId", request.BackupId) is { } wrong) return wrong;
        if (request.Records.Count > Limits.BackupRecordsAtOnce) return Refusals.Invalid("records", $"has {request.Records.Count}; the limit is {Limits.BackupRecordsAtOnce}");
        for (var i = 0; i < request.Records.Count; i++)
            if (Refusals.Within($"records[{i}]", Check(request.Records[i])) is { } refusal) return refusal;
        return null;
    }

    private static Failure? Check(BackupRecord record) => record.BodyCase switch
    {
        BackupRecord.BodyOneofCase.Key => Fields.Name("key", record.Key.Key) ?? Fields.Value("value", record.Key.Value)
            ?? Number("revision", record.Key.Revision, 1) ?? Number("highestRevision", record.Key.HighestRevision, record.Key.Revision),
        BackupRecord.BodyOneofCase.Lock => Fields.Name("name", record.Lock.Name) ?? Number("lastFence", record.Lock.LastFence, 1),
        BackupRecord.BodyOneofCase.Outcome => TransactionValidation.AnyId(record.Outcome.TransactionId) ?? Stored("record", StoredTransaction.Parser, record.Outcome.Record, t => t.Committed is not null || t.Aborted is not null),
        BackupRecord.BodyOneofCase.Bucket => Fields.Number("bucket", record.Bucket.Bucket, 0, Placing.Buckets - 1) ?? Stored("state", EventualBucket.Parser, record.Bucket.State, _ => true),
        _ => Refusals.Invalid("", "is neither a key, a lock, an outcome nor a bucket"),
    };

    private static Failure? Stored<T>(string field, MessageParser<T> parser, ByteString bytes, Func<T, bool> isWhole)
        where T : IMessage<T>
    {
        try
        {
            return isWhole(parser.ParseFrom(bytes)) ? null : Refusals.Invalid(field, "does not say what came of it");
        }
        catch (InvalidProtocolBufferException e)
        {
            return Refusals.Invalid(field, $"can't be read: {e.Message}");
        }
    }

    private static Failure? Number(string field, long number, long least) =>
        number >= least && number <= Highest ? null : Refusals.Invalid(field, $"is {number}; it must be from {least} to {Highest}");
}
