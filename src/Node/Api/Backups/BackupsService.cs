using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Backups;
using AkkaHa.Node.Storage;
using Grpc.Core;

namespace AkkaHa.Node.Api.Backups;

/// <summary>Backups, over gRPC.</summary>
internal sealed class BackupsService(BackupReader reader, BackupRestore restore) : Messages.V1.Backups.BackupsBase
{
    public override Task Get(GetBackupRequest request, IServerStreamWriter<BackupPart> responseStream, ServerCallContext context) => WithDatabase(async () =>
    {
        var (part, bytes) = (new BackupPart(), 0);
        await foreach (var record in reader.ReadAsync(context.CancellationToken))
        {
            part.Records.Add(record);
            bytes += record.CalculateSize();
            // The first alone: the caller knows at once that it has begun.
            if (part.Records.Count < Limits.BackupRecordsAtOnce && bytes < Limits.BackupBytesAtOnce && record.Header is null) continue;
            await responseStream.WriteAsync(part, context.CancellationToken);
            (part, bytes) = (new BackupPart(), 0);
        }
        if (part.Records.Count > 0) await responseStream.WriteAsync(part, context.CancellationToken);
        return true;
    });

    public override Task<BeginRestoreResponse> BeginRestore(BeginRestoreRequest request, ServerCallContext context) => WithDatabase(async () =>
    {
        Refusals.ThrowIf(BackupValidation.Check(request, BackupReader.Version));
        return new BeginRestoreResponse { AlreadyRestored = await restore.BeginAsync(request.Header, request.Summary, context.CancellationToken) };
    });

    public override Task<RestoreResponse> Restore(RestoreRequest request, ServerCallContext context) => WithDatabase(async () =>
    {
        Refusals.ThrowIf(BackupValidation.Check(request));
        await restore.TakeAsync(request.BackupId, request.Records, context.CancellationToken);
        return new RestoreResponse();
    });

    public override Task<EndRestoreResponse> EndRestore(EndRestoreRequest request, ServerCallContext context) => WithDatabase(async () =>
    {
        Refusals.ThrowIf(Fields.RequiredId("backupId", request.BackupId));
        await restore.EndAsync(request.BackupId, context.CancellationToken);
        return new EndRestoreResponse();
    });

    /// <summary>Of a restore, all may be done again.</summary>
    private static async Task<T> WithDatabase<T>(Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"the database did not answer: {e.Message}"));
        }
    }
}
