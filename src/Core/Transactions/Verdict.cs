using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// What all the yes votes of one attempt amount to. It is a function of the votes alone, and the votes are durable at the participants,
/// so every coordinator that reads them comes to the same.
/// </summary>
internal static class Verdict
{
    /// <summary>The commit that the votes make, or, when the branch that they choose can't be run, why it is an abort.</summary>
    public static (TransactionCommitted? Commit, string? AbortReason) Of(string transactionId, uint attempt, IReadOnlyDictionary<string, Vote> votes)
    {
        var conditions = votes.Values.SelectMany(v => v.Conditions).OrderBy(c => c.Index).Select(c => c.Held).ToList();
        var then = conditions.TrueForAll(held => held);
        var branches = votes.Values.Select(v => then ? v.Then : v.Else).Where(b => b is not null).ToList();
        if (branches.Find(b => b.AbortReason.Length > 0) is { } impossible) return (null, impossible.AbortReason);

        var result = new TransactionResult { TransactionId = transactionId, Outcome = TransactionStatus.Types.Outcome.Committed, ConditionsHeld = then };
        result.ConditionResults.AddRange(conditions);
        result.Results.AddRange(branches.SelectMany(b => b.Results).OrderBy(r => r.Index).Select(r => r.Result));
        if (result.CalculateSize() > Limits.TransactionResultBytes)
            return (null, $"results have {result.CalculateSize()} bytes; the limit is {Limits.TransactionResultBytes}");

        var commit = new TransactionCommitted { TransactionId = transactionId, Attempt = attempt, Then = then, Result = result };
        commit.Prepared.AddRange(votes.OrderBy(v => v.Key, StringComparer.Ordinal)
            .Select(v => new NamedPrepared { Participant = v.Key, SequenceNr = v.Value.PreparedSequenceNr }));
        return (commit, null);
    }
}
