using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Transactions;

/// <summary>What a participant answers its coordinator.</summary>
internal static class Votes
{
    /// <param name="held">What is prepared.</param>
    /// <param name="youngestMs">The highest timestamp seen here.</param>
    public static Vote Yes(HeldPrepared held, long youngestMs)
    {
        var vote = new Vote
        {
            TransactionId = held.Prepared.TransactionId, Attempt = held.Prepared.Attempt, Kind = Vote.Types.Kind.Yes,
            PayloadHash = held.Prepared.PayloadHash, PreparedSequenceNr = held.SequenceNr, YoungestMs = youngestMs, Then = held.Prepared.Then.Result, Else = held.Prepared.Else.Result,
        };
        vote.Conditions.AddRange(held.Prepared.Conditions);
        return vote;
    }

    /// <summary>Tells it that its decision is durable here.</summary>
    public static void Seen(Command decision, string transactionId, Turn turn) =>
        turn.Send(EntityId.Parse(decision.Sender), new Command { DecisionSeen = new DecisionSeen { TransactionId = transactionId } });

    /// <summary>Names the payload of the Prepare that it answers: that may be of a Started that was never stored, and its coordinator has begun something else under this id since.</summary>
    public static Vote No(Prepare prepare, Vote.Types.Kind kind, long youngestMs) =>
        new() { TransactionId = prepare.TransactionId, Attempt = prepare.Attempt, Kind = kind, PayloadHash = prepare.PayloadHash, YoungestMs = youngestMs };
}
