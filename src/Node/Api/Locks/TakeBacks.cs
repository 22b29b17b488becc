using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Locks;

/// <summary>
/// Takes back what a caller that has gone had asked for: the place in a queue, or a grant of which nobody hears. One message could get lost, and a grant would then be kept for as long as the session lives:
/// it is asked again until somebody has answered, as long as a cancel means anything.
/// </summary>
internal sealed class TakeBacks(EntityCalls calls, IHostApplicationLifetime lifetime, ILogger<TakeBacks> log)
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>After that the attempt of a grant is forgotten, and what is older than a later attempt takes nothing back.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(Limits.OutcomeSeconds);

    /// <summary>Whether a request that was refused so may have left a place in a queue, or a grant, for which nobody can ask who does not know its id.</summary>
    public static bool MayLeaveSomething(RefusedException refusal, double waitSeconds) =>
        refusal.Failure.Code == ErrorCode.OutcomeUnknown || (refusal.Failure.Code == ErrorCode.LockHeld && waitSeconds > 0);

    public void Begin(EntityId from, Command cancel) => _ = RunAsync(from, cancel);

    private async Task RunAsync(EntityId from, Command cancel)
    {
        var (begun, pause, stopping) = (TimeProvider.System.GetTimestamp(), FirstPause, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                try
                {
                    await calls.AskAsync(from, cancel.Clone(), Answer, stopping);
                    return;
                }
                catch (RefusedException e) when (e.Failure.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
                {
                    if (TimeProvider.System.GetElapsedTime(begun) > GiveUpAfter)
                    {
                        log.LogWarning("What a caller that has gone had asked '{Entity}' for could not be taken back: {Message}", from, e.Failure.Message);
                        return;
                    }
                }
                await Task.Delay(pause, stopping);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (RefusedException)
        {
            // The session has ended, and its locks with it.
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node is leaving. The place is lost after 5 s at the head of the queue; a grant goes with its session.
        }
        catch (Exception e)
        {
            log.LogError(e, "What a caller that has gone had asked '{Entity}' for could not be taken back", from);
        }
    }
}
