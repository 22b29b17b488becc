using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;
using Grpc.Core;

namespace AkkaHa.ClientApi.Locks;

/// <summary>
/// One call that waits at a server, on one session, under one request id: long waits are made of short calls with the same id, which keeps the place
/// in the queue. However it ends without a grant, nothing of it is left behind. A session of somebody else's is kept alive meanwhile, and once more with the grant.
/// </summary>
internal sealed class WaitingCall<TGrant>(CallRepeater calls, TimeProvider time, LiveSession session, Mutation mutation, Deadline until)
{
    /// <summary>
    /// A node answers within 5 s beyond the wait, if only that it does not know. To hang up on it earlier would take the request back (see
    /// the contract), with its place in the queue.
    /// </summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan GrantWaitsForKeepAlive = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private readonly long _startedAt = time.GetTimestamp();
    private bool _mayLeaveTraces;

    /// <summary>In words, for messages: <c>lock 'a/b'</c>.</summary>
    public required string What { get; init; }

    /// <summary>Where the call belongs.</summary>
    public required Func<Messages.Placement.ShardMap, int?> Shard { get; init; }

    /// <summary>Sends it as this attempt, to wait so many seconds.</summary>
    public required Func<CallInvoker, CallOptions, uint, double, AsyncUnaryCall<TGrant>> Send { get; init; }

    /// <summary>How long one call waits. Much shorter than a server allows (60 s): a call that a node passed on to an owner that has just died is lost without a word.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(3);

    /// <summary>Takes the request back, wherever it stands.</summary>
    public required Func<Task> TakeBack { get; init; }

    /// <summary>The grant; or the last refusal, when time is up or this request is spent and another must be made.</summary>
    /// <exception cref="SessionExpiredException">The session was lost meanwhile.</exception>
    public async Task<(TGrant? Grant, LockHeldException? Refusal)> RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.LostToken);
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var keptAlive = session.WhileWaiting?.RunAsync(session, waited.Token) ?? Task.CompletedTask;
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
                    if (until.Left <= TimeSpan.Zero) return (default, refusal);
                    if (time.GetElapsedTime(askedAt) < wait / 2)
                    {
                        // Before its time: a node that lost this call half way has taken the request back, for good. (And not in a tight loop.)
                        await Task.Delay(ShortestPause, time, stop.Token);
                        return (default, refusal);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _mayLeaveTraces = true;
            throw new SessionExpiredException($"the session was lost while waiting for {What}");
        }
        catch (Exception e)
        {
            _mayLeaveTraces |= e is OperationCanceledException or ObjectDisposedException or UnavailableException or OutcomeUnknownException;
            if (e is SessionExpiredException) session.Lose(e.Message);
            throw;
        }
        finally
        {
            await waited.CancelAsync();
            await keptAlive;
            if (_mayLeaveTraces) await TakeBack();
        }
    }

    private async Task<TGrant> AskAsync(TimeSpan wait, CancellationToken stop)
    {
        var call = new Call<TGrant>($"acquire {What}", Shard, (invoker, options, attempt) =>
            Send(invoker, options, attempt, Math.Round(Math.Min(wait.TotalSeconds, until.Left.TotalSeconds), 3)))
        {
            Wait = wait,
            LeastAttemptTimeout = NodePatience,
        };
        var grant = (await calls.MutateAsync(call, mutation, stop)).Value;
        // From here on nobody does: what was got lasts for a whole time to live.
        if (session.WhileWaiting is { } keepAlive && time.GetElapsedTime(_startedAt) > LiveSession.Margin(session.Ttl))
            await ((Task)keepAlive.OnceAsync(session, stop)).WaitAsync(GrantWaitsForKeepAlive, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (session.IsLost)
        {
            _mayLeaveTraces = true;
            throw new SessionExpiredException($"{What} was granted to a session that is lost");
        }
        _mayLeaveTraces = false;
        return grant;
    }
}
