using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Watches;

/// <summary>One who watches, on the live stream: what waits for it is bounded, and beyond the bound it is cut off and lets go of all of it.</summary>
internal sealed class Watcher(WatchedKeys watched)
{
    private readonly Channel<WatchItem> queue = Channel.CreateBounded<WatchItem>(new BoundedChannelOptions(Limits.WatchBufferEvents) { SingleWriter = true });
    private long bytes;
    private volatile Failure? ended;

    public WatchedKeys Watched { get; } = watched;

    /// <summary>Why it was ended; null: it was not.</summary>
    public Failure? Ended => ended;

    /// <summary>Done when it was ended.</summary>
    public Task CutOff => queue.Reader.Completion;

    public bool IsEmpty => queue.Reader.Count == 0;

    /// <summary>False: there is no room; it has fallen behind.</summary>
    public bool TryAdd(WatchItem item)
    {
        if (ended is not null) return false;
        if (Volatile.Read(ref bytes) is var waiting && waiting > 0 && waiting + item.Bytes > Limits.WatchBufferBytes) return false;
        if (!queue.Writer.TryWrite(item)) return false;
        Interlocked.Add(ref bytes, item.Bytes);
        return true;
    }

    public bool TryTake(out WatchItem? item)
    {
        item = null;
        if (ended is not null || !queue.Reader.TryRead(out item)) return false;
        if (ended is not null)
        {
            // It was ended at this moment: those before this one may have gone with that, and must not be skipped.
            item = null;
            return false;
        }
        Interlocked.Add(ref bytes, -item.Bytes);
        return true;
    }

    /// <summary>Done when there is something to take, or it has ended.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken ct) => queue.Reader.WaitToReadAsync(ct);

    public void End(Failure why)
    {
        if (ended is not null) return;
        ended = why;
        queue.Writer.TryComplete();
        // The one who takes may be stuck in sending: nothing is kept for it any more.
        while (queue.Reader.TryRead(out _))
        {
        }
    }
}
