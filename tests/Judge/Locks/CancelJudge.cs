namespace AkkaHa.Judge.Locks;

/// <summary>A request that was told that its holder has this grant.</summary>
public sealed record GrantTold(string Lock, long Fence, string RequestId);

/// <summary>A cancel takes back what its own request was given, and nothing that another request was told it has.</summary>
public static class CancelJudge
{
    /// <summary>Grants that a cancel has ended, though somebody was told of them who has not cancelled.</summary>
    /// <param name="told">Which requests were told of which grants.</param>
    /// <param name="cancelled">The requests that somebody began to cancel, whatever came of it.</param>
    /// <param name="ended">The grants that a cancel has ended, as the server stored it.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<GrantTold> told, IReadOnlySet<string> cancelled, IReadOnlySet<(string Lock, long Fence)> ended) =>
        told.Where(t => ended.Contains((t.Lock, t.Fence)) && !cancelled.Contains(t.RequestId))
            .Select(t => new Violation("a cancel takes nothing from others", $"lock '{t.Lock}': fence {t.Fence} was ended by a cancel, and request {t.RequestId}, which nobody has cancelled, was told that it has it"));
}
