using AkkaHa.Core.Entities;

namespace AkkaHa.Core.Ownership;

/// <summary>What a transaction that wants a shard may do.</summary>
public enum TakeVerdict
{
    /// <summary>Nothing: another node holds it, or may.</summary>
    Held,

    /// <summary>Nothing: the taker itself has been fenced.</summary>
    TakerFenced,

    /// <summary>Raise the epoch and write the taker in.</summary>
    Take,

    /// <summary>The same, and fence the old holder in this very transaction.</summary>
    TakeAndFence,
}

/// <summary>
/// The rule by which a shard changes hands. It is asked inside one transaction that has locked the rows of both nodes, in the order of their names, and the row of the shard.
/// </summary>
public static class Taking
{
    /// <summary>Decides.</summary>
    /// <param name="rules">Test-only switches.</param>
    /// <param name="taker">The taker's row.</param>
    /// <param name="holder">Who is written in the shard's row; null: released.</param>
    /// <param name="holderRow">The holder's row; null: there is none.</param>
    /// <param name="expiredAt">The counter at which the taker has seen the holder's lease run out; null: it has not.</param>
    /// <param name="answers">
    /// Whether who holds it answers clients. The coordinator does not: it only says who shall ask for a shard, two of them do no harm, and its place is free as soon as its holder is fenced (ADR 0010).
    /// </param>
    public static TakeVerdict Decide(RuleSwitches rules, NodeRow taker, string? holder, NodeRow? holderRow, long? expiredAt, bool answers = true)
    {
        if (taker.Fenced) return TakeVerdict.TakerFenced;
        if (holder is null || holder == taker.Node) return TakeVerdict.Take;
        // Rows go only when they are fenced and hold nothing: a holder without one is from before there were leases.
        if (holderRow is not { } row) return TakeVerdict.Take;
        // That it is fenced already does not shorten the wait: it may not know, and answers until its lease has run out.
        var isOver = rules.CounterAtTake ? expiredAt == row.Counter : expiredAt is not null;
        if (rules.WaitOutLease && !(row.Fenced && !answers) && !isOver) return TakeVerdict.Held;
        return row.Fenced || !rules.FenceInTaking ? TakeVerdict.Take : TakeVerdict.TakeAndFence;
    }
}
