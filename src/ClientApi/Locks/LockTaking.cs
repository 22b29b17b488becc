using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Locks;

/// <summary>Takes locks, one or all of several, over as many sessions and request ids as it needs.</summary>
internal sealed class LockTaking(CallRepeater calls, RequestIds ids, SessionSource sessions, LockReturns returns, LockUpgrades upgrades, AkkaHaClientOptions options)
{
    // How often a try without waiting time begins again with a fresh session, before it says that sessions don't last here.
    private const int SessionsPerTry = 3;
    // What waiting times are rounded to, and some.
    private const double Rounded = 0.01;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = options.TimeProvider;

    public Task<(AcquiredLock? Lock, LockHeldException? Refusal)> OneAsync(LockRequest wanted, TimeSpan timeout, CancellationToken cancel)
    {
        var flow = wanted.FlowId;
        return UntilCertainAsync(wanted.Session, timeout, (session, mutation, until) => OneAsync(wanted, flow, session, mutation, until, cancel), cancel);
    }

    public Task<(AcquiredLocks? Locks, LockHeldException? Refusal)> AllAsync(IReadOnlyList<LockRequest> wanted, TimeSpan timeout, CancellationToken cancel)
    {
        var flow = wanted[0].FlowId;
        return UntilCertainAsync(wanted[0].Session, timeout, (session, mutation, until) => AllAsync(wanted, flow, session, mutation, until, cancel), cancel);
    }

    private async Task<(AcquiredLock?, LockHeldException?)> OneAsync(LockRequest wanted, string flow, LiveSession session, Mutation mutation, Deadline until, CancellationToken cancel)
    {
        var (grant, refusal) = await new WaitingCall<Wire.LockGrant>(calls, _time, session, mutation, until)
        {
            What = $"lock '{wanted.Name}'",
            Shard = CallShard.Of(EntityId.Lock(wanted.Name)),
            Send = (invoker, call, attempt, waitSeconds) => new Wire.Locks.LocksClient(invoker).AcquireAsync(
                new Wire.AcquireLockRequest
                {
                    Name = wanted.Name,
                    SessionId = session.Id.Text,
                    RequestId = mutation.Id,
                    Attempt = attempt,
                    HolderId = mutation.Id,
                    Mode = (Wire.LockMode)wanted.Mode,
                    Permits = wanted.WirePermits,
                    Limit = wanted.Limit,
                    FlowId = flow,
                    Label = options.Label,
                    WaitSeconds = waitSeconds,
                },
                call),
            TakeBack = () => returns.CancelAsync(session, wanted.Name, mutation.Id),
        }.RunAsync(cancel);
        return (grant is null ? null : Held(wanted, grant, session, mutation), refusal);
    }

    private async Task<(AcquiredLocks?, LockHeldException?)> AllAsync(IReadOnlyList<LockRequest> wanted, string flow, LiveSession session, Mutation mutation, Deadline until, CancellationToken cancel)
    {
        var (grant, refusal) = await new WaitingCall<Wire.AcquireAllLocksResponse>(calls, _time, session, mutation, until)
        {
            What = $"locks {string.Join(", ", wanted.Select(w => $"'{w.Name}'"))}",
            Shard = CallShard.OfSession(session.Id.Text),
            Send = (invoker, call, attempt, waitSeconds) => new Wire.Locks.LocksClient(invoker).AcquireAllAsync(
                new Wire.AcquireAllLocksRequest
                {
                    SessionId = session.Id.Text,
                    RequestId = mutation.Id,
                    Attempt = attempt,
                    HolderId = mutation.Id,
                    Locks = { wanted.Select(w => w.ToWish()) },
                    FlowId = flow,
                    Label = options.Label,
                    WaitSeconds = waitSeconds,
                    // Another call follows this one; the last refusal says that nothing is held.
                    KeepPlace = until.Left.TotalSeconds > waitSeconds + Rounded,
                },
                call),
            TakeBack = () => returns.CancelAllAsync(session, mutation.Id),
        }.RunAsync(cancel);
        return (grant is null ? null : new AcquiredLocks([.. wanted.Zip(grant.Locks, (w, g) => Held(w, g, session, mutation))]), refusal);
    }

    private AcquiredLock Held(LockRequest wanted, Wire.LockGrant grant, LiveSession session, Mutation mutation) =>
        new(wanted.Name, new Fence(grant.Fence), wanted.Mode, mutation.Id, session, returns, upgrades);

    private async Task<(TLock? Lock, LockHeldException? Refusal)> UntilCertainAsync<TLock>(
        SessionId? on, TimeSpan timeout, Func<LiveSession, Mutation, Deadline, Task<(TLock? Lock, LockHeldException? Refusal)>> take, CancellationToken cancel)
        where TLock : class
    {
        var until = new Deadline(timeout, _time);
        var backoff = new Backoff(FirstPause, LongestPause);
        for (var sessionsUsed = 1; ; sessionsUsed++)
        {
            try
            {
                var session = on is { } given ? await sessions.AdoptAsync(given, cancel) : await sessions.GetAsync(cancel);
                var mutation = await ids.NewMutationAsync(cancel);
                var taken = await take(session, mutation, until);
                // "Held" to a request that got lost on its way may mean only that it was taken back: then another asks, at the end of the queue.
                var isCertain = until.Left <= TimeSpan.Zero && (!mutation.InDoubt || sessionsUsed >= SessionsPerTry);
                if (taken.Lock is not null || isCertain) return taken;
            }
            catch (SessionExpiredException) when (on is null && (sessionsUsed < SessionsPerTry || until.Left > TimeSpan.Zero))
            {
                // Nothing of the old try counts any more; the next begins at the end of the queue, with a fresh session and id.
                await Task.Delay(backoff.Next(), _time, cancel);
            }
        }
    }
}
