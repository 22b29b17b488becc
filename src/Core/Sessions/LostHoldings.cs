using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// Holdings that were ended by force, for the sessions' clients to hear of with their keepalives. Each answer says the oldest, until a keepalive says that an answer has come; only then the lock is told that its
/// holder knows. So nothing gets lost on the way, and neither with this slot's node: the lock says it again to the next. Nor is what finds no room here: the lock says it again until it is taken in.
/// </summary>
internal sealed class LostHoldings
{
    /// <summary>Positions begin at the time, so that one of an earlier activation is not taken for one of this.</summary>
    private const int PositionsPerMsBits = 10;

    private sealed record Lost(EntityId Lock, long Fence, string Reason, ulong Position);

    private sealed class OfSession
    {
        /// <summary>In the order of their positions.</summary>
        public Queue<Lost> Untold { get; } = new();

        public HashSet<(EntityId Lock, long Fence)> Known { get; } = [];
    }

    private readonly Dictionary<string, OfSession> bySession = new(StringComparer.Ordinal);
    private ulong first;
    private ulong last;

    public void Add(HoldingLost lost, EntityId from, bool sessionLives, Turn turn)
    {
        if (!sessionLives)
        {
            // Nobody is left to be told.
            Seen(from, lost.Fence, turn);
            return;
        }
        if (!bySession.TryGetValue(lost.SessionId, out var all)) bySession[lost.SessionId] = all = new OfSession();
        if (all.Untold.Count >= Limits.LocksPerSession || !all.Known.Add((from, lost.Fence))) return;
        last = Math.Max(last + 1, (ulong)Math.Max(0, turn.At.WallMs) << PositionsPerMsBits);
        if (first == 0) first = last;
        all.Untold.Enqueue(new Lost(from, lost.Fence, lost.Reason, last));
    }

    /// <summary>Takes what the client has seen, and says the rest.</summary>
    public void Tell(KeepAliveRequest request, KeepAliveResponse answer, Turn turn)
    {
        if (!bySession.TryGetValue(request.SessionId, out var all)) return;
        if (request.LostSeen >= first && request.LostSeen <= last)
        {
            while (all.Untold.TryPeek(out var seen) && seen.Position <= request.LostSeen)
            {
                all.Untold.Dequeue();
                all.Known.Remove((seen.Lock, seen.Fence));
                Seen(seen.Lock, seen.Fence, turn);
            }
        }
        if (all.Untold.Count == 0)
        {
            bySession.Remove(request.SessionId);
            return;
        }
        foreach (var one in all.Untold.Take(Limits.LossesUntold))
        {
            answer.Lost.Add(new LostHolding { Name = one.Lock.Name, Fence = one.Fence, Reason = one.Reason });
            answer.LostPosition = one.Position;
        }
    }

    public void Forget(string sessionId) => bySession.Remove(sessionId);

    private static void Seen(EntityId @lock, long fence, Turn turn) => turn.Send(@lock, new Command { HoldingLostSeen = new HoldingLostSeen { Fence = fence } });
}
