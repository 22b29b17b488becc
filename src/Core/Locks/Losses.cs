using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Locks;

/// <summary>
/// Holders whose holding was ended by force must hear of it: their session's slot is told, again and again until it says that the holder knows. It says so to its client in the answer to a keepalive.
/// </summary>
internal sealed class Losses(LockBook book)
{
    private const long AgainMs = 2000;

    /// <summary>Where nobody says that it has heard: a session that is kept alive by somebody who does not listen.</summary>
    private const long AgainAtMostMs = 60_000;

    private long againMs = AgainMs;
    private long againAtMs;

    public long WakeAtMs => book.Losses.Count == 0 ? long.MaxValue : againAtMs;

    public void TellDue(Turn turn)
    {
        if (book.Losses.Count == 0 || againAtMs > turn.At.MonoMs) return;
        againMs = Math.Min(2 * againMs, AgainAtMostMs);
        TellAll(turn);
    }

    /// <summary>There is a new one.</summary>
    public void Tell(Turn turn)
    {
        againMs = AgainMs;
        TellAll(turn);
    }

    private void TellAll(Turn turn)
    {
        againAtMs = turn.At.MonoMs + againMs;
        foreach (var loss in book.Losses)
            if (SessionId.TryParse(loss.SessionId, out var id))
                turn.Send(id.Entity, new Command { HoldingLost = new HoldingLost { SessionId = loss.SessionId, Fence = loss.Fence, Reason = loss.Reason } });
    }

    public void Seen(long fence, Turn turn)
    {
        if (book.Losses.Any(l => l.Fence == fence)) turn.Emit(new Event { LockLossTold = new LockLossTold { Fence = fence } });
    }
}
