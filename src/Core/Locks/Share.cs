using AkkaHa.Messages;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>What of a lock is asked for or had: all of it, a reader's part, or so many of its permits.</summary>
internal readonly record struct Share(LockMode Mode, int Permits, int Limit)
{
    public static Share Of(LockMode mode, int permits, int limit) =>
        mode == LockMode.Semaphore ? new(mode, Math.Max(1, permits), Math.Max(1, limit)) : new(mode, 0, 0);

    public bool IsSemaphore => Mode == LockMode.Semaphore;
}

/// <summary>What is taken of a lock, and so what fits beside it. Shared ones go together, and with one upgradeable; permits up to the limit; exclusive is alone.</summary>
internal struct Room
{
    private int holders;
    private int exclusive;
    private int upgradeable;
    private int shared;
    private long permits;

    /// <summary>The upgradeable one waits to be alone: nobody comes in any more.</summary>
    public bool IsUpgrading { get; set; }

    public readonly bool Fits(Share share)
    {
        if (holders == 0) return true;
        if (exclusive > 0 || IsUpgrading || holders >= Limits.HoldersPerLock) return false;
        return share.Mode switch
        {
            LockMode.Exclusive => false,
            LockMode.Shared => permits == 0,
            LockMode.Upgradeable => permits == 0 && upgradeable == 0,
            LockMode.Semaphore => shared + upgradeable == 0 && permits + share.Permits <= share.Limit,
            _ => throw new ArgumentOutOfRangeException(nameof(share)),
        };
    }

    public void Take(Share share) => Count(share, 1);

    public void Give(Share share) => Count(share, -1);

    private void Count(Share share, int sign)
    {
        holders += sign;
        switch (share.Mode)
        {
            case LockMode.Exclusive: exclusive += sign; break;
            case LockMode.Shared: shared += sign; break;
            case LockMode.Upgradeable: upgradeable += sign; break;
            case LockMode.Semaphore: permits += sign * (long)share.Permits; break;
            default: throw new ArgumentOutOfRangeException(nameof(share));
        }
    }
}
