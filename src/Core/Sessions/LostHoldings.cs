using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// Holdings that were ended by force, for the sessions' clients to hear of with their keepalives. Each answer says all of them, until a keepalive says that an answer has come; only then the lock is told that
/// its holder knows. So nothing gets lost on the way, and neither with this slot's node: the lock says it again to the next.
/// </summary>
internal sealed class LostHoldings
{
    /// <summary>Positions begin at the time, so that one of an earlier activation is not taken for one of this.</summary>
    private const int PositionsPerMsBits = 10;

    private sealed record Lost(EntityId Lock, long Fence, string Reason, ulong Position);

    private readonly Dictionary<string, List<Lost>> bySession = new(StringComparer.Ordinal);
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
        if (!bySession.TryGetValue(lost.SessionId, out var all)) bySession[lost.SessionId] = all = [];
        if (all.Exists(l => l.Lock == from && l.Fence == lost.Fence)) return;
        last = Math.Max(last + 1, (ulong)Math.Max(0, turn.At.WallMs) << PositionsPerMsBits);
        if (first == 0) first = last;
        all.Add(new Lost(from, lost.Fence, lost.Reason, last));
        if (all.Count <= Limits.LossesUntold) return;
        Seen(all[0].Lock, all[0].Fence, turn);
        all.RemoveAt(0);
    }

    /// <summary>Takes what the client has seen, and says the rest.</summary>
    public void Tell(KeepAliveRequest request, KeepAliveResponse answer, Turn turn)
    {
        if (!bySession.TryGetValue(request.SessionId, out var all)) return;
        if (request.LostSeen >= first && request.LostSeen <= last)
        {
            foreach (var seen in all.Where(l => l.Position <= request.LostSeen)) Seen(seen.Lock, seen.Fence, turn);
            all.RemoveAll(l => l.Position <= request.LostSeen);
        }
        if (all.Count == 0)
        {
            bySession.Remove(request.SessionId);
            return;
        }
        answer.Lost.AddRange(all.Select(l => new LostHolding { Name = l.Lock.Name, Fence = l.Fence, Reason = l.Reason }));
        answer.LostPosition = all[^1].Position;
    }

    public void Forget(string sessionId) => bySession.Remove(sessionId);

    private static void Seen(EntityId @lock, long fence, Turn turn) => turn.Send(@lock, new Command { HoldingLostSeen = new HoldingLostSeen { Fence = fence } });
}
