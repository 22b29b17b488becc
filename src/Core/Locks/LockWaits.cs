using AkkaHa.Core.Entities;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>Somebody who waits at a lock with an open call and a flow id, and for whom.</summary>
/// <param name="SessionId">Of the waiter.</param>
/// <param name="FlowId">Of the waiter.</param>
/// <param name="Label">Of the waiter.</param>
/// <param name="RequestId">What it waits by.</param>
/// <param name="SinceMs">When it began to wait, in Unix milliseconds of its row.</param>
/// <param name="Call">Its open call.</param>
/// <param name="Behind">The upgrade that waits before it, which makes holders block it that would not otherwise; empty: none. When that has gone, another may come.</param>
/// <param name="Blockers">Each of these holders must let go before it can be granted, whatever the others do.</param>
internal sealed record Wait(string SessionId, string FlowId, string Label, string RequestId, long SinceMs, Call Call, string Behind, IReadOnlyList<Holder> Blockers);

/// <summary>
/// The edges of the wait-for graph that are at one lock: facts of its own state. Each says "can't go on before", so that a circle of them is a deadlock (and stays one until somebody
/// gives way). Of a semaphore's holders only those count whose permits are needed even if all others let go; holders of whom one or the other would do are no edge.
/// </summary>
internal sealed class LockWaits(LockBook book, WaitingCalls calls, Closings closings)
{
    public bool Any => book.Queue.Any(w => w.FlowId.Length > 0) || (book.Upgrade is { } upgrade && book.Holding(upgrade.Fence)!.FlowId.Length > 0);

    /// <summary>The fence of the last grant or upgrade.</summary>
    public long LastGrant => book.LastFence;

    /// <summary>Whether a holder that was granted after this fence has a flow, and flows wait here.</summary>
    public bool AnyForHoldersAbove(long fence) => book.Holders.Any(h => h.Fence > fence && h.FlowId.Length > 0) && Any;

    public IReadOnlyList<Wait> All()
    {
        var waits = new List<Wait>();
        // Without those who have let go already, and wait for a transaction's end.
        Holder[] remaining = [.. book.Holders.Where(h => !closings.IsEnding(h.Fence))];
        Holder[] blockers = [];
        if (book.Upgrade is { } upgrade && book.Holding(upgrade.Fence) is { } upgrader)
        {
            if (upgrader.FlowId.Length > 0 && calls.Of(upgrade.RequestId) is { } call)
                waits.Add(new Wait(upgrader.SessionId, upgrader.FlowId, upgrader.Label, upgrade.RequestId, upgrade.SinceMs, call, "", [.. remaining.Where(h => h.Fence != upgrade.Fence)]));
            // Nobody comes in before it is upgraded, and then it is exclusive.
            blockers = remaining;
        }
        foreach (var waiter in book.Queue)
        {
            // Nobody overtakes: whoever holds up those before holds up those behind too.
            if (blockers.Length < remaining.Length && remaining.Where(h => Blocks(h.Share, waiter.Share)).Except(blockers).ToArray() is { Length: > 0 } more) blockers = [.. blockers, .. more];
            if (waiter.FlowId.Length > 0 && calls.Of(waiter.RequestId) is { } call)
                waits.Add(new Wait(waiter.SessionId, waiter.FlowId, waiter.Label, waiter.RequestId, waiter.SinceMs, call, book.Upgrade?.RequestId ?? "", blockers));
        }
        return waits;
    }

    private static bool Blocks(Share held, Share wanted) => (held.Mode, wanted.Mode) switch
    {
        (LockMode.Semaphore, LockMode.Semaphore) => (long)held.Permits + wanted.Permits > wanted.Limit,
        (LockMode.Shared, LockMode.Shared or LockMode.Upgradeable) or (LockMode.Upgradeable, LockMode.Shared) => false,
        _ => true,
    };
}
