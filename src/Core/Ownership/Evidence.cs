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

/// <summary>What is known against a member.</summary>
/// <param name="Kind">Why it may be taken out.</param>
/// <param name="AtCounter">It may be fenced only while its counter is still this, since a renewal would refute the evidence; null: whatever the counter is.</param>
public readonly record struct EvidenceVerdict(EvidenceKind Kind, long? AtCounter);

/// <summary>From sure to unsure: what is known of a member, and whether that is enough to fence and down it.</summary>
public static class Evidence
{
    /// <summary>Refusals in a row that count as a crash: one may be a process that is just starting to listen.</summary>
    public const int RefusalsNeeded = 2;

    /// <summary>Judges.</summary>
    /// <param name="timings">This node's.</param>
    /// <param name="unreachable">Whether some member can't reach it.</param>
    /// <param name="refusals">How often in a row its port has refused a connection.</param>
    /// <param name="seen">What is known of its lease; null: nothing.</param>
    public static EvidenceVerdict Judge(LeaseTimings timings, bool unreachable, int refusals, LeaseSight? seen)
    {
        if (unreachable && seen is { Row.Fenced: true }) return new EvidenceVerdict(EvidenceKind.Fenced, null);
        // A crash is sure whatever the counter; of a lease that has run out, the counter is the evidence.
        if (unreachable && refusals >= RefusalsNeeded) return new EvidenceVerdict(EvidenceKind.Crashed, null);
        if (seen is not { } sight) return default;
        if (unreachable && sight.ExpiredAt is { } counter) return new EvidenceVerdict(EvidenceKind.LeaseExpired, counter);
        // From the end of its own lease on, which may be longer than this node's.
        if (!(sight.UnchangedMs > LeaseTimings.WatchOf(sight.Row.LeaseMs) + timings.WithoutLeaseMs)) return default;
        return sight.Row.Fenced ? new EvidenceVerdict(EvidenceKind.Fenced, null) : new EvidenceVerdict(EvidenceKind.WithoutDatabase, sight.Row.Counter);
    }
}
