using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// What a backup says of a lock is its last fence, and more were given out after it was made: the lock goes on far above. Nobody holds it: its sessions are not in the backup, and have ended with what was lost.
/// </summary>
internal static class RestoredLock
{
    public static Reply Decide(string name, LockBook book, bool isIdle, BackupLock backup, RuleSwitches rules, Turn turn)
    {
        var lastFence = backup.LastFence + (rules.RestoreAbove ? Limits.RestoreJump : 0);
        if (book.LastFence == 0 && book.IsFree && isIdle) turn.Emit(new Event { LockRestored = new LockRestored { LastFence = lastFence } });
        // Only a restore brings a lock as far as that; what has become of it since is its own affair.
        else if (book.LastFence < lastFence)
            return Replies.Failure(ErrorCode.FenceStale, $"lock '{name}' is in use, with fence {book.LastFence}: somebody else has taken it, and it can't be restored");
        return new Reply { Restored = new Restored() };
    }
}
