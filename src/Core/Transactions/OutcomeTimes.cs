using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Transactions;

/// <summary>How long a slot keeps what became of its transactions, and how long the table does. Other than the defaults only in tests: every node of a cluster must have the same.</summary>
/// <param name="InSlotMs">In memory and snapshots, after a transaction was settled; then its outcome goes to the table.</param>
/// <param name="KeptMs">Altogether.</param>
/// <param name="SettleMs">That all participants have a decision is written with the next row of the slot or, when none comes, so long after it was heard.</param>
public sealed record OutcomeTimes(
    long InSlotMs = Limits.TransactionInSlotMinutes * 60_000L, long KeptMs = Limits.TransactionOutcomeHours * 3_600_000L, long SettleMs = 60_000)
{
    /// <summary>Between two archives of one slot, unless the first was full: many outcomes share a write.</summary>
    public long ArchiveEveryMs => Math.Max(50, InSlotMs / 20);

    /// <summary>An archive of which nothing was heard for so long, or that failed, is done again.</summary>
    public long ArchiveAgainMs => Math.Max(500, InSlotMs / 60);

    /// <summary>
    /// From when the times of a settled transaction count: when it was settled, or when its id says that it was issued, if that is later, as from a client whose clock is ahead. One that was run
    /// is never more than <see cref="Limits.ClockAheadSeconds"/> later; one that was only asked about may be, and nothing is kept for ever because of a wrong clock.
    /// </summary>
    public long From(string transactionId, long settledMs) => settledMs + Math.Clamp((TransactionIdTime.IssuedAtMs(transactionId) ?? 0) - settledMs, 0, KeptMs);

    /// <summary>
    /// False only for ids that can't be in the table.
    /// <para>
    /// An id leaves the slot in a row whose time is at least From + InSlot (<see cref="TransactionTable.IsRipe"/>), and From is at least its issue time. The slot's time (the wall clock, or the time
    /// of the latest row if that is later) never falls below that of a row. So as long as the slot's time is below issued + InSlot, the id has not left, and what the slot does not know is not in the table.
    /// Nothing is assumed of clocks: not of the client's, which made the id; nor of those of nodes, one of which may have archived what another is asked for.
    /// (Ids issued further ahead than KeptMs are the exception to "at least": those are never run while they are, see <see cref="IsAhead"/>.)
    /// </para>
    /// </summary>
    public bool MayBeInTable(string transactionId, long slotTimeMs) => TransactionIdTime.IssuedAtMs(transactionId) is not { } issued || slotTimeMs >= issued + InSlotMs;

    /// <summary>
    /// Issued so long ago that it may have been decided and forgotten: never run, since it may be the second time. Nothing is assumed of clocks. A slot keeps what the table does not have; the table keeps a
    /// row until issued + Kept at least, and says before what time it has deleted any. Beside that, what is a day old by both the database's clock and the slot's is taken for forgotten, whether anything
    /// was deleted or not: so that it does not depend on when somebody swept.
    /// </summary>
    /// <param name="transactionId">The slot does not know it, nor does the table.</param>
    /// <param name="table">What the table said; null: it need not be asked (<see cref="MayBeInTable"/>).</param>
    /// <param name="slotTimeMs">The slot's time.</param>
    public bool IsForgotten(string transactionId, OutcomeLookedUp? table, long slotTimeMs) =>
        table is not null && TransactionIdTime.IssuedAtMs(transactionId) is { } issued && issued + KeptMs <= Math.Max(table.DeletedBeforeMs, Math.Min(table.NowMs, slotTimeMs));

    /// <summary>Issued in what is the future here: how much, in seconds, when that is beyond the limit.</summary>
    public static long? IsAhead(string transactionId, long slotTimeMs) =>
        TransactionIdTime.IssuedAtMs(transactionId) is { } issued && issued - slotTimeMs > Limits.ClockAheadSeconds * 1000L ? (issued - slotTimeMs) / 1000 : null;
}
