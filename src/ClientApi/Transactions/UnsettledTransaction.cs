namespace AkkaHa.ClientApi;

/// <summary>A transaction that its servers are not done with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Outcome">In progress, or decided and not yet known to every participant.</param>
/// <param name="Age">Since its first attempt.</param>
/// <param name="Attempt">Which attempt it is at; the servers begin another after a conflict.</param>
/// <param name="Participants">The entities that take part: <c>kv/…</c>, <c>lock/…</c>, <c>session/…</c>.</param>
/// <param name="WaitingFor">Those of them that have not answered yet.</param>
public sealed record UnsettledTransaction(
    TransactionId Id, TransactionOutcome Outcome, TimeSpan Age, long Attempt, IReadOnlyList<string> Participants, IReadOnlyList<string> WaitingFor);

/// <summary>Transactions that are not settled.</summary>
/// <param name="Transactions">The oldest first.</param>
/// <param name="More">There are more than were asked for.</param>
public sealed record UnsettledTransactions(IReadOnlyList<UnsettledTransaction> Transactions, bool More);
