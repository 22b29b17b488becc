using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Locks;

/// <summary>
/// One try for a lock, on one session, under one request id: long waits are made of short calls with the same id, which keeps the place
/// in the queue. However it ends without the lock, nothing of it is left behind.
/// </summary>
internal sealed class LockAcquisition(CallRepeater calls, LockReturns returns, TimeProvider time, LiveSession session, string name, string label, Mutation mutation, Deadline until)
{
    /// <summary>Much shorter than a server allows (60 s): a call that a node passed on to an owner that has just died is lost without a word.</summary>
    internal static readonly TimeSpan Slice = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A node answers within 5 s beyond the wait, if only that it does not know. To hang up on it earlier would take the request back (see
    /// the contract), with its place in the queue.
    /// </summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private bool _mayLeaveTraces;

    /// <summary>The lock; or the last refusal, when time is up or this request is spent and another must be made.</summary>
    /// <exception cref="SessionExpiredException">The session was lost meanwhile.</exception>
    public async Task<(AcquiredLock? Lock, LockHeldException? Refusal)> RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.LostToken);
        try
        {
            while (true)
            {
                var wait = until.Left < Slice ? until.Left : Slice;
                _mayLeaveTraces |= wait > TimeSpan.Zero;
                var askedAt = time.GetTimestamp();
                try
                {
                    return (await AskAsync(wait, stop.Token), null);
                }
                catch (LockHeldException refusal)
                {
                    if (until.Left <= TimeSpan.Zero) return (null, refusal);
                    if (time.GetElapsedTime(askedAt) < wait / 2)
                    {
                        // Before its time: a node that lost this call half way has taken the request back, for good. (And not in a tight loop.)
                        await Task.Delay(ShortestPause, time, stop.Token);
                        return (null, refusal);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _mayLeaveTraces = true;
            throw new SessionExpiredException($"the session was lost while waiting for lock '{name}'");
        }
        catch (Exception e)
        {
            _mayLeaveTraces |= e is OperationCanceledException or ObjectDisposedException or UnavailableException or OutcomeUnknownException;
            if (e is SessionExpiredException) session.Lose(e.Message);
            throw;
        }
        finally
        {
            if (_mayLeaveTraces) await returns.CancelAsync(session, name, mutation.Id);
        }
    }

    private async Task<AcquiredLock> AskAsync(TimeSpan wait, CancellationToken stop)
    {
        var call = new Call<Wire.LockGrant>($"acquire lock '{name}'", CallShard.Of(Messages.EntityId.Lock(name)), (invoker, options, attempt) =>
            new Wire.Locks.LocksClient(invoker).AcquireAsync(
                new Wire.AcquireLockRequest
                {
                    Name = name,
                    SessionId = session.Id.Text,
                    RequestId = mutation.Id,
                    Attempt = attempt,
                    HolderId = mutation.Id,
                    Label = label,
                    WaitSeconds = Math.Round(Math.Min(wait.TotalSeconds, until.Left.TotalSeconds), 3),
                },
                options))
        {
            Wait = wait,
            LeastAttemptTimeout = NodePatience,
        };
        var grant = (await calls.MutateAsync(call, mutation, stop)).Value;
        if (session.IsLost) throw new SessionExpiredException($"lock '{name}' was granted to a session that is lost");
        _mayLeaveTraces = false;
        return new AcquiredLock(name, new Fence(grant.Fence), mutation.Id, session, returns);
    }
}
