using System.Diagnostics;
using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Watches;

/// <summary>What waits for one who watches locks to take it: bounded, as for keys, and beyond the bound it is cut off and lets go of all of it. They are small, so a number is bound enough.</summary>
/// <param name="cutOff">Done when it is cut off.</param>
internal sealed class WaitingLockEvents(TaskCompletionSource cutOff)
{
    private readonly Channel<(WatchPosition Position, LockEvent Event)> queue = Channel.CreateBounded<(WatchPosition, LockEvent)>(new BoundedChannelOptions(Limits.WatchBufferEvents) { SingleWriter = true });
    private long saidAt = Stopwatch.GetTimestamp();
    private volatile bool isCutOff;

    /// <summary>Waits until there is room.</summary>
    public ValueTask AddAsync((WatchPosition Position, LockEvent Event) one, CancellationToken ct) => queue.Writer.WriteAsync(one, ct);

    /// <summary>False: there is no room, and the watch is over.</summary>
    public bool TryAdd((WatchPosition Position, LockEvent Event) one)
    {
        saidAt = Stopwatch.GetTimestamp();
        if (queue.Writer.TryWrite(one)) return true;
        isCutOff = true;
        End(new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"more than {Limits.WatchBufferEvents} changes wait to be taken: this watch is too slow, and can go on from details.position")));
        // The one who takes may be stuck in sending: nothing is kept for it any more.
        while (queue.Reader.TryRead(out _))
        {
        }
        cutOff.TrySetResult();
        return false;
    }

    /// <summary>Now and then, where nothing happens.</summary>
    public void SayWhere(WatchPosition position, LockEvent heartbeat, TimeSpan every)
    {
        if (queue.Reader.Count == 0 && Stopwatch.GetElapsedTime(saidAt) >= every) TryAdd((position, heartbeat));
    }

    public void End(Exception why) => queue.Writer.TryComplete(why);

    /// <summary>All that there is, once there is something.</summary>
    /// <exception cref="RefusedException">It has ended, and all before that has been taken.</exception>
    public async Task<IReadOnlyList<(WatchPosition Position, LockEvent Event)>> TakeAsync(Func<RefusedException, RefusedException> resumable, CancellationToken ct)
    {
        var taken = new List<(WatchPosition, LockEvent)>();
        while (taken.Count == 0)
        {
            try
            {
                await queue.Reader.WaitToReadAsync(ct);
            }
            catch (RefusedException e)
            {
                throw resumable(e);
            }
            // Nothing, where it was cut off at this moment: then the next wait says so.
            while (queue.Reader.TryRead(out var one))
            {
                // Those before this one may have gone with that, and must not be skipped.
                if (isCutOff) break;
                taken.Add(one);
            }
        }
        return taken;
    }
}
