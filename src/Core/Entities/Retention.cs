namespace AkkaHa.Core.Entities;

/// <summary>
/// Up to where an entity's rows may be deleted. A row's number is what keeps a delayed write of an earlier owner out, so rows stay for long after the snapshot
/// that covers them, and below the older of the two kept snapshots only.
/// </summary>
/// <param name="keepMs">How long a row stays after its snapshot.</param>
/// <param name="rules">Test-only switches.</param>
public sealed class Retention(long keepMs, RuleSwitches? rules = null)
{
    /// <summary>Snapshots that come quicker than this part of the time are not told apart: this bounds what is remembered.</summary>
    private const int Steps = 64;

    private readonly Queue<(long SequenceNr, long AtMs)> snapshots = new();
    private readonly RuleSwitches rules = rules ?? RuleSwitches.AllOn;
    private long newest;
    private long older;
    private long lastQueuedMs = long.MinValue;
    private long ripe;
    private long deleted;

    /// <summary>
    /// Snapshots below this number may go: two are kept, as the newest may turn out not to be readable. By their numbers and not by the order of the reports:
    /// of two snapshots on their way, the later may be stored first.
    /// </summary>
    public long SnapshotsBelow => older;

    /// <summary>A snapshot has been saved (or was found at recovery: it counts from then).</summary>
    public void Saved(long sequenceNr, long nowMs)
    {
        if (sequenceNr <= newest) return;
        (older, newest) = (newest, sequenceNr);
        if (snapshots.Count > 0 && nowMs - lastQueuedMs < keepMs / Steps) return;
        snapshots.Enqueue((sequenceNr, nowMs));
        lastQueuedMs = nowMs;
    }

    /// <summary>Rows up to this number may go now; null: none that have not gone already. Each number is given out once.</summary>
    public long? DeleteUpTo(long nowMs)
    {
        if (!rules.Retention)
        {
            if (newest <= deleted) return null;
            return deleted = newest;
        }
        while (snapshots.TryPeek(out var oldest) && nowMs - oldest.AtMs >= keepMs)
        {
            ripe = oldest.SequenceNr;
            snapshots.Dequeue();
        }
        var upTo = Math.Min(ripe, older) - 1;
        if (upTo <= deleted) return null;
        return deleted = upTo;
    }
}
