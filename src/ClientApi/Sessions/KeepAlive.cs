using AkkaHa.ClientApi.Connection;
using Microsoft.Extensions.Logging;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Sessions;

/// <summary>Keeps one session alive: a keepalive every third of the time to live, repeated over all nodes until one answers or the session is lost.</summary>
/// <param name="calls">Sends them.</param>
/// <param name="options">How long an attempt may take, and a life may last.</param>
/// <param name="logger">What happens.</param>
/// <param name="isOwn">False: the session is somebody else's, who is to be told of its losses too, and decides how long it lives.</param>
internal sealed class KeepAlive(CallRepeater calls, AkkaHaClientOptions options, ILogger logger, bool isOwn = true)
{
    private static readonly TimeSpan LeastAttempt = TimeSpan.FromMilliseconds(250);

    // Up to where the losses that the server told of have been taken; it tells them until it hears that.
    private ulong _lostSeen;

    /// <summary>Runs until the session is lost or ended, or enough. Never throws.</summary>
    public async Task RunAsync(LiveSession session, CancellationToken enough = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(session.LostToken, enough);
        try
        {
            var pause = session.UntilNext;
            while (true)
            {
                await Task.Delay(pause, options.TimeProvider, stop.Token);
                if (isOwn && options.SessionMaxLifetime is { } longest && !session.MayBeRenewed(longest))
                {
                    logger.LogInformation("Session {Session} has been kept alive for as long as it may; it runs out now", session.Id);
                    return;
                }
                pause = await OnceAsync(session, stop.Token) ? session.Ttl / 3 : TimeSpan.Zero;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Lost, enough, or the client is gone.
        }
        catch (Exception e)
        {
            logger.LogError(e, "Keepalives of session {Session} failed", session.Id);
            session.Lose("keepalives failed");
        }
    }

    /// <summary>One keepalive. Its attempts are short, so that several fit before the session is lost.</summary>
    public Task<Answer<Wire.KeepAliveResponse>> SendAsync(string sessionId, TimeSpan ttl, ulong lostSeen, CancellationToken cancel)
    {
        var request = new Wire.KeepAliveRequest { SessionId = sessionId, LostSeen = lostSeen };
        var attempt = ttl / 6 > LeastAttempt ? ttl / 6 : LeastAttempt;
        return calls.ReadAsync(
            new Call<Wire.KeepAliveResponse>("keepalive", CallShard.OfSession(sessionId), (invoker, call, _) => new Wire.Sessions.SessionsClient(invoker).KeepAliveAsync(request, call))
            {
                AttemptTimeout = attempt < options.AttemptTimeout ? attempt : options.AttemptTimeout,
            },
            cancel);
    }

    /// <summary>One keepalive that counts. False: nobody answered; go on at once. True: wait for the next turn.</summary>
    public async Task<bool> OnceAsync(LiveSession session, CancellationToken stop)
    {
        try
        {
            var answer = await SendAsync(session.Id.Text, session.Ttl, _lostSeen, stop);
            session.Renewed(answer.SentAt, TimeSpan.FromSeconds(answer.Value.TtlSeconds));
            foreach (var lost in answer.Value.Lost)
            {
                logger.LogInformation("Lock {Lock} is not held with fence {Fence} any more: {Reason}", lost.Name, lost.Fence, lost.Reason);
                session.Locks.HasGone(lost.Name, new Fence(lost.Fence));
            }
            if (isOwn) _lostSeen = answer.Value.LostPosition;
            return true;
        }
        catch (Exception e) when (e is SessionExpiredException or NotFoundException)
        {
            session.Lose(e.Message);
            return true;
        }
        catch (UnavailableException e)
        {
            logger.LogDebug(e, "No node answered the keepalive of session {Session}", session.Id);
            return false;
        }
        catch (AkkaHaException e)
        {
            logger.LogWarning(e, "The keepalive of session {Session} was refused", session.Id);
            return true;
        }
    }
}
