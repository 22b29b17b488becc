using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// Where the flows of this slot's sessions wait, as the locks have said lately. It leads those that look for cycles of waits from a lock's holder to where that one waits itself;
/// the locks say what is so. In memory, and it may be out of date: then a search ends without a result, and the next one comes soon (ADR 0019).
/// </summary>
internal sealed class FlowHints
{
    /// <summary>Locks say it again more often than that.</summary>
    private const long KeptMs = 6000;

    /// <summary>A flow is one thread of execution, and waits at one lock, or at some at once; those before are where it has waited lately.</summary>
    private const int PlacesAtMost = 16;

    private readonly record struct Flow(string SessionId, string FlowId);

    private readonly Dictionary<Flow, Dictionary<EntityId, long>> places = [];
    private long forgottenAtMs;

    /// <summary>Handles the command if it is about flows.</summary>
    public bool Handle(Command command, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.FlowsWaiting:
                foreach (var flowId in command.FlowsWaiting.FlowIds) Hear(new Flow(command.FlowsWaiting.SessionId, flowId), EntityId.Parse(command.Sender), turn.At.MonoMs);
                return true;
            case Command.BodyOneofCase.ChaseFlow:
                if (!places.TryGetValue(new Flow(command.ChaseFlow.SessionId, command.ChaseFlow.FlowId), out var known)) return true;
                foreach (var (place, saidMs) in known)
                    if (saidMs + KeptMs > turn.At.MonoMs) turn.Send(place, new Command { ChaseFlow = command.ChaseFlow.Clone() });
                return true;
            default:
                return false;
        }
    }

    public void Forget(long nowMs, Predicate<string> lives)
    {
        if (nowMs < forgottenAtMs + KeptMs) return;
        forgottenAtMs = nowMs;
        foreach (var (flow, known) in places.ToArray())
            if (!lives(flow.SessionId) || known.Values.All(said => said + KeptMs <= nowMs)) places.Remove(flow);
    }

    private void Hear(Flow flow, EntityId place, long nowMs)
    {
        if (!places.TryGetValue(flow, out var known)) places[flow] = known = [];
        known[place] = nowMs;
        if (known.Count > PlacesAtMost) known.Remove(known.MinBy(k => k.Value).Key);
    }
}
