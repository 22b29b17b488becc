using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Backups;

/// <summary>Entities as a backup reads them. A backup without one of them would say that it never was: so one that can't be read ends it, and is named, since beginning again does not help.</summary>
internal static class StoredForBackup
{
    public const string Reason = "unreadable";

    /// <exception cref="RefusedException">It can't be read.</exception>
    public static async Task<Snapshot> RecoverAsync(DbConnection connection, string entity, CancellationToken ct)
    {
        try
        {
            return await StoredEntities.RecoverAsync(connection, entity, ct);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Refused(entity, e);
        }
    }

    /// <exception cref="RefusedException">It can't be read.</exception>
    public static T Read<T>(string entity, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Refused(entity, e);
        }
    }

    private static bool IsUnreadable(Exception e) => e is InvalidHistoryException or InvalidProtocolBufferException;

    private static RefusedException Refused(string entity, Exception e) => new(new Failure
    {
        Code = ErrorCode.Unavailable,
        Message = $"{entity} can't be read, and until it can there is no backup, however often it is begun; docs/backups.md says what to do: {e.Message}",
        Details = new Struct { Fields = { ["reason"] = Value.ForString(Reason), ["entity"] = Value.ForString(entity) } },
    });
}
