namespace AkkaHa.Core.Eventual;

/// <summary>Test-only: rules of eventual data that can be switched off, to show that the checks go red without them.</summary>
public sealed record EventualRules
{
    /// <summary>All on.</summary>
    public static readonly EventualRules AllOn = new();

    /// <summary>A request that is known is not done again.</summary>
    public bool RememberRequests { get; init; } = true;

    /// <summary>Increments of one request that came in at several nodes count once.</summary>
    public bool CountRequestsOnce { get; init; } = true;

    /// <summary>Summing up leaves a request's other entries where they are.</summary>
    public bool LeaveRepeats { get; init; } = true;

    /// <summary>After a crash a node is another replica.</summary>
    public bool FreshReplicaAfterCrash { get; init; } = true;

    /// <summary>Increments are summed up only when the time of repeats is over.</summary>
    public bool FoldLate { get; init; } = true;

    /// <summary>A clock that is far from the others' is corrected.</summary>
    public bool CorrectClock { get; init; } = true;
}
