using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>What rows of a lock come to, in words of their own: who has it, who waits, and that each step was allowed.</summary>
sealed class LockModel
{
    public sealed record Has(string Session, string HolderId, LockMode Mode, int Permits, int Limit);

    private readonly HashSet<string> guards = [];
    private long? upgrading;
    private long lastFence;

    public SortedDictionary<long, Has> Holders { get; } = [];

    public List<string> Queue { get; } = [];

    public void Fold(Event one)
    {
        switch (one.BodyCase)
        {
            case Event.BodyOneofCase.LockGranted: Granted(one.LockGranted); break;
            case Event.BodyOneofCase.LockEnqueued: Queue.Add(one.LockEnqueued.RequestId); break;
            case Event.BodyOneofCase.LockWaiterLeft:
                if (!Queue.Remove(one.LockWaiterLeft.RequestId)) upgrading = null;
                break;
            case Event.BodyOneofCase.LockReleased:
                Assert.Empty(guards);
                Assert.True(Holders.Remove(one.LockReleased.Fence));
                if (upgrading == one.LockReleased.Fence) upgrading = null;
                Assert.Equal(Holders.Count == 0 && Queue.Count == 0, one.LockReleased.Free);
                break;
            case Event.BodyOneofCase.LockUpgradeAsked: upgrading = one.LockUpgradeAsked.Fence; break;
            case Event.BodyOneofCase.LockUpgraded:
                Assert.Empty(guards);
                var (fence, holder) = Assert.Single(Holders);
                Assert.Equal((one.LockUpgraded.Fence, LockMode.Upgradeable), (fence, holder.Mode));
                Assert.Equal(lastFence + 1, lastFence = one.LockUpgraded.NewFence);
                Holders.Remove(fence);
                Holders[lastFence] = holder with { Mode = LockMode.Exclusive };
                upgrading = null;
                break;
            case Event.BodyOneofCase.Prepared: guards.Add(one.Prepared.TransactionId); break;
            case Event.BodyOneofCase.Applied: guards.Remove(one.Applied.TransactionId); break;
            case Event.BodyOneofCase.Discarded: guards.Remove(one.Discarded.TransactionId); break;
            default: break;
        }
    }

    private void Granted(LockGranted grant)
    {
        Assert.Equal(lastFence + 1, lastFence = grant.Fence);
        Assert.Null(upgrading);
        // First come, first served.
        if (Queue.Count > 0)
        {
            Assert.Equal(Queue[0], grant.RequestId);
            Queue.RemoveAt(0);
        }
        var has = new Has(grant.SessionId, grant.HolderId, grant.Mode, grant.Permits, grant.Limit);
        Assert.All(Holders.Values, other =>
        {
            Assert.True(GoTogether(other, has), $"{has} beside {other}");
            Assert.NotEqual((other.Session, other.HolderId), (has.Session, has.HolderId));
        });
        Assert.True(has.Mode != LockMode.Semaphore || Holders.Values.Sum(h => h.Permits) + has.Permits <= has.Limit);
        Holders[grant.Fence] = has;
    }

    private static bool GoTogether(Has a, Has b) => (a.Mode, b.Mode) switch
    {
        (LockMode.Semaphore, LockMode.Semaphore) => a.Limit == b.Limit,
        (LockMode.Shared, LockMode.Shared or LockMode.Upgradeable) or (LockMode.Upgradeable, LockMode.Shared) => true,
        _ => false,
    };
}
