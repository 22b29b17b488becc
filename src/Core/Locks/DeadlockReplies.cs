using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Core.Locks;

/// <summary>What whoever gives way is told.</summary>
internal static class DeadlockReplies
{
    /// <summary>Details tell the cycle: each waits at its lock for the next, the last for the first, which is the one that is told.</summary>
    public static Reply Of(string name, IReadOnlyList<WaitEdge> cycle)
    {
        var details = new Struct
        {
            Fields = { ["cycle"] = Value.ForList([.. cycle.TakeLast(1).Concat(cycle.SkipLast(1)).Select(One)]) },
        };
        var others = cycle.Count == 1 ? "its own flow holds it" : FormattableString.Invariant($"in a circle of {cycle.Count} that wait for each other");
        return Replies.Failure(ErrorCode.Deadlock, $"lock '{name}' can't be had: {others}, and this request was the last of them to wait", details);
    }

    private static Value One(WaitEdge edge) => Value.ForStruct(new Struct
    {
        Fields =
        {
            ["sessionId"] = Value.ForString(edge.SessionId), ["flowId"] = Value.ForString(edge.FlowId), ["label"] = Value.ForString(edge.Label), ["lock"] = Value.ForString(edge.Lock),
        },
    });
}
