using System.Runtime.ExceptionServices;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Locks;

/// <summary>
/// Upgrades of held locks. One that ends without a grant is settled before its caller hears of it: taken back, or found to have been granted after all.
/// </summary>
internal sealed class LockUpgrades(CallRepeater calls, RequestIds ids, LockReturns returns, TimeProvider time)
{
    private const int Tries = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Null: it is exclusive now. Else why not, and it is upgradeable as before.</summary>
    public async Task<LockHeldException?> RunAsync(AcquiredLock held, Fence from, TimeSpan timeout, CancellationToken cancel)
    {
        var until = new Deadline(timeout, time);
        for (var tries = 1; ; tries++)
        {
            var mutation = await ids.NewMutationAsync(cancel);
            var isOpen = false;
            var waiting = new WaitingCall<Wire.LockGrant>(calls, time, held.Session, mutation, until)
            {
                What = $"the upgrade of lock '{held.Name}'",
                Shard = CallShard.Of(EntityId.Lock(held.Name)),
                Send = (invoker, options, attempt, waitSeconds) => new Wire.Locks.LocksClient(invoker).UpgradeAsync(Request(held, from, mutation, attempt, waitSeconds), options),
                TakeBack = () =>
                {
                    isOpen = true;
                    return Task.CompletedTask;
                },
            };
            Wire.LockGrant? grant = null;
            LockHeldException? refusal = null;
            ExceptionDispatchInfo? failure = null;
            try
            {
                (grant, refusal) = await waiting.RunAsync(cancel);
            }
            catch (FenceStaleException)
            {
                held.MarkLost();
                throw;
            }
            catch (Exception e) when (e is not (SessionExpiredException or InvalidArgumentException))
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            if (grant is null && isOpen) grant = await SettleAsync(held, from, mutation);
            // What was refused is not granted later. A server of before may keep the wish to upgrade for some seconds, which holds others back.
            else if (refusal is not null) _ = returns.CancelAsync(held.Session, held.Name, mutation.Id);
            if (grant is not null)
            {
                await GrantedAsync(held, from, new Fence(grant.Fence));
                return null;
            }
            failure?.Throw();
            if (until.Left <= TimeSpan.Zero && (!mutation.InDoubt || tries >= Tries)) return refusal;
        }
    }

    private async Task GrantedAsync(AcquiredLock held, Fence from, Fence to)
    {
        // Who disposed it meanwhile released the fence that it had then.
        if (!held.Upgraded(from, to)) await returns.ReleaseAsync(held.Session, held.Name, to);
    }

    /// <summary>The grant that it got after all; null: taken back, and upgradeable as before.</summary>
    private async Task<Wire.LockGrant?> SettleAsync(AcquiredLock held, Fence from, Mutation mutation)
    {
        var settled = AskUntilAnsweredAsync(held, from, mutation);
        using var enough = new CancellationTokenSource(Patience, time);
        await ((Task)settled).WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (settled.IsCompletedSuccessfully) return settled.Result;
        // Nobody says what it holds now, so nothing may rest on it any more; what it is found to hold later is given back.
        held.MarkLost();
        _ = settled.ContinueWith(t => returns.ReleaseAsync(held.Session, held.Name, t is { IsCompletedSuccessfully: true, Result: { } late } ? new Fence(late.Fence) : from), TaskScheduler.Default);
        return null;
    }

    private async Task<Wire.LockGrant?> AskUntilAnsweredAsync(AcquiredLock held, Fence from, Mutation mutation)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            try
            {
                if (await returns.CancelOnceAsync(held.Session, held.Name, mutation.Id, held.Session.OverToken)) return null;
                var call = new Call<Wire.LockGrant>("upgrade lock", CallShard.Of(EntityId.Lock(held.Name)), (invoker, options, attempt) =>
                    new Wire.Locks.LocksClient(invoker).UpgradeAsync(Request(held, from, mutation, attempt, 0), options));
                return (await calls.MutateAsync(call, mutation, held.Session.OverToken)).Value;
            }
            catch (Exception e) when (e is LockHeldException or UpgradeConflictException or DeadlockException)
            {
                return null;
            }
            catch (FenceStaleException)
            {
                held.MarkLost();
                return null;
            }
            catch (Exception e) when (e is UnavailableException or OutcomeUnknownException)
            {
                await Task.Delay(backoff.Next(), time, held.Session.OverToken);
            }
        }
    }

    private static Wire.UpgradeLockRequest Request(AcquiredLock held, Fence from, Mutation mutation, uint attempt, double waitSeconds) => new()
    {
        Name = held.Name, SessionId = held.SessionId.Text, Fence = from, WaitSeconds = waitSeconds, RequestId = mutation.Id, Attempt = attempt,
    };
}
