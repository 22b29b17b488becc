using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Sessions;

/// <summary>Sessions that have ended, and the locks attached to them that have not said yet that they know. In memory: who is not told asks, sooner or later.</summary>
internal sealed class Farewells
{
    private const long TellAgainMs = 1000;

    private sealed record Telling(string SessionId, HashSet<EntityId> Unseen)
    {
        public long AgainAtMs { get; set; }
    }

    private readonly Dictionary<string, Telling> telling = new(StringComparer.Ordinal);

    public bool IsEmpty => telling.Count == 0;

    public void Begin(string sessionId, HashSet<EntityId> attached, Turn turn)
    {
        if (attached.Count == 0) return;
        Tell(telling[sessionId] = new Telling(sessionId, attached), turn);
    }

    public void Tick(Turn turn)
    {
        foreach (var one in telling.Values)
            if (one.AgainAtMs <= turn.At.MonoMs) Tell(one, turn);
    }

    public void Seen(string sessionId, EntityId by)
    {
        if (telling.TryGetValue(sessionId, out var told) && told.Unseen.Remove(by) && told.Unseen.Count == 0) telling.Remove(sessionId);
    }

    private static void Tell(Telling told, Turn turn)
    {
        told.AgainAtMs = turn.At.MonoMs + TellAgainMs;
        foreach (var attached in told.Unseen) turn.Send(attached, new Command { SessionGone = new SessionGone { SessionId = told.SessionId } });
    }
}
