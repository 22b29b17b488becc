namespace AkkaHa.Core.Ownership;

/// <summary>Why a member may be taken out of the cluster at once.</summary>
public enum EvidenceKind
{
    /// <summary>There is none: whoever is cut off from it must wait for the resolver of split brains.</summary>
    None,

    /// <summary>It can't be reached and its port refuses connections: the process has ended.</summary>
    Crashed,

    /// <summary>It can't be reached and its lease has run out: stopped, cut off from everything, or its machine is lost.</summary>
    LeaseExpired,

    /// <summary>It has been fenced already: its incarnation is over, whether it knows or not.</summary>
    Fenced,

    /// <summary>It can be reached, but has not renewed for long while others have: cut off from the database alone.</summary>
    WithoutDatabase,
}

/// <summary>From sure to unsure: what is known of a member, and whether that is enough to fence and down it.</summary>
public static class Evidence
{
    /// <summary>Refusals in a row that count as a crash: one may be a process that is just starting to listen.</summary>
    public const int RefusalsNeeded = 2;

    /// <summary>Judges.</summary>
    /// <param name="timings">This node's.</param>
    /// <param name="unreachable">Whether some member can't reach it.</param>
    /// <param name="refusals">How often in a row its port has refused a connection.</param>
    /// <param name="row">Its row as last read; null: not known.</param>
    /// <param name="expiredAt">The counter at which its lease was seen to run out.</param>
    /// <param name="unchangedMs">How long it has not renewed; null: not known.</param>
    public static EvidenceKind Judge(LeaseTimings timings, bool unreachable, int refusals, NodeRow? row, long? expiredAt, long? unchangedMs)
    {
        if (unreachable && row is { Fenced: true }) return EvidenceKind.Fenced;
        if (unreachable && refusals >= RefusalsNeeded) return EvidenceKind.Crashed;
        if (unreachable && expiredAt is not null) return EvidenceKind.LeaseExpired;
        if (unchangedMs > timings.WithoutLeaseMs) return row is { Fenced: true } ? EvidenceKind.Fenced : EvidenceKind.WithoutDatabase;
        return EvidenceKind.None;
    }
}
