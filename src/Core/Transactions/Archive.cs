using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Moves outcomes from the slot to the table, many at once: first they are stored there, then a row of the slot's says that it has them no more. If either gets lost, it is done again.
/// </summary>
internal sealed class Archive(TransactionTable table, OutcomeTimes times)
{
    private const long LookAtLeastEveryMs = 60_000;

    private IReadOnlyList<ArchivedOutcome> underWay = [];
    private long number;

    public long? WakeAtMs { get; private set; }

    /// <summary>Something may have been settled.</summary>
    public void Schedule(Turn turn)
    {
        if (WakeAtMs is null && table.OldestSettledMs is { } from) WakeAtMs = turn.At.MonoMs + Math.Clamp(from + times.InSlotMs - turn.Stamp.TimeMs, times.ArchiveEveryMs, LookAtLeastEveryMs);
    }

    public void Tick(Turn turn)
    {
        if (!(WakeAtMs <= turn.At.MonoMs)) return;
        WakeAtMs = null;
        // What is under way after all this time counts no more: its answer has another number.
        underWay = table.Ripe(turn.Stamp.TimeMs, Limits.OutcomesPerArchive);
        if (underWay.Count == 0)
        {
            Schedule(turn);
            return;
        }
        WakeAtMs = turn.At.MonoMs + times.ArchiveAgainMs;
        turn.Archive(++number, underWay);
    }

    public void Done(OutcomesArchived done, Turn turn)
    {
        if (done.Number != number || underWay.Count == 0) return;
        var wasFull = underWay.Count == Limits.OutcomesPerArchive;
        var archived = new TransactionsArchived();
        // By the time of this row: it is what the proof of MayBeInTable rests on, and a wall clock may have gone back meanwhile.
        archived.TransactionIds.AddRange(underWay.Select(o => o.TransactionId).Where(id => table.IsRipe(id, turn.Stamp.TimeMs)));
        underWay = [];
        if (!done.Stored) return;
        if (archived.TransactionIds.Count > 0) turn.Emit(new Event { TransactionsArchived = archived });
        WakeAtMs = wasFull ? turn.At.MonoMs : null;
        Schedule(turn);
    }
}
