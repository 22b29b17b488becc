using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Keys;

/// <summary>
/// Revisions of one key grow for ever: by one, or, where the key was restored from a backup, once by far more. Revisions that were given out after the backup was made are unknown to it, and none of them may stand for
/// another value.
/// </summary>
internal static class Revisions
{
    public static long Next(KeyWritten current) => Math.Max(current.Revision, current.RevisionFloor) + 1;

    /// <summary>Never written, and not restored either.</summary>
    public static bool IsFresh(KeyWritten current) => Next(current) == 1;

    /// <summary>Takes what a backup says, unless it was taken before, whatever has become of it since. A key that has a history of its own is left alone.</summary>
    public static Reply Restore(string name, KeyWritten current, bool isIdle, BackupKey backup, RuleSwitches rules, Turn turn)
    {
        var floor = backup.HighestRevision + (rules.RestoreAbove ? Limits.RestoreJump : 0);
        if (IsFresh(current) && isIdle)
        {
            turn.Emit(new Event
            {
                KeyRestored = new KeyRestored
                {
                    Value = new KeyWritten { Present = backup.Present, Value = backup.Value, Revision = backup.Revision, ExpiresAtMs = backup.Present ? backup.ExpiresAtMs : 0, RevisionFloor = floor },
                },
            });
            return new Reply { Restored = new Restored() };
        }
        // Only a restore brings a key as far as that.
        if (Next(current) > floor) return new Reply { Restored = new Restored() };
        return Replies.Failure(ErrorCode.RevisionMismatch, $"key '{name}' is at revision {current.Revision}, or a transaction is open on it: it was written by somebody else, and can't be restored",
            Replies.Details(("revision", current.Revision.ToString(CultureInfo.InvariantCulture))));
    }
}
