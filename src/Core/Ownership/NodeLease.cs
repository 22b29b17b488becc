using AkkaHa.Core.Entities;

namespace AkkaHa.Core.Ownership;

/// <summary>
/// This incarnation's own lease: the right to answer. It is counted from before a renewal was sent, so that it ends here before anybody else can take it for over
/// (Gray and Cheriton, Leases, 1989). An error changes nothing: the lease runs out, and the next success reopens it. Being fenced is final.
/// </summary>
/// <param name="timings">How long it lasts.</param>
/// <param name="rules">Test-only switches.</param>
public sealed class NodeLease(LeaseTimings timings, RuleSwitches? rules = null)
{
    private readonly bool fromSent = (rules ?? RuleSwitches.AllOn).LeaseFromSent;
    private long validUntilMs = long.MinValue;

    /// <summary>Somebody else has ended this incarnation. It never comes back; the node goes on as a new one.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>Until when answers may leave, on this process's monotonic clock.</summary>
    public long ValidUntilMs => IsFenced ? long.MinValue : Volatile.Read(ref validUntilMs);

    /// <summary>Whether answers may leave now.</summary>
    public bool IsOpen(long nowMs) => nowMs < ValidUntilMs;

    /// <summary>A renewal has been committed.</summary>
    /// <param name="sentMs">When it was sent: from then on it counts.</param>
    /// <param name="answeredMs">When its answer came, which says nothing of when it was committed.</param>
    public void Renewed(long sentMs, long answeredMs)
    {
        if (!IsFenced) Volatile.Write(ref validUntilMs, Math.Max(validUntilMs, (fromSent ? sentMs : answeredMs) + timings.LeaseMs));
    }

    /// <summary>A renewal found the row fenced.</summary>
    public void Fenced() => IsFenced = true;
}
