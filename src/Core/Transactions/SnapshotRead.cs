using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// A transaction that only reads keys, without rows and without a coordinator: all keys are read, as by anybody, and then again. Where no revision has changed, all of it was so at every moment between
/// the two (ADR 0026, with the proof). Else the second reading is the first of another pair. Whoever has no two alike after some rounds runs it as any other transaction.
/// </summary>
public sealed class SnapshotRead
{
    /// <summary>The first, and three that may confirm it.</summary>
    public const int RoundsAtMost = 4;

    private readonly TransactionRequest request;
    private readonly TransactionPlan plan;
    private readonly RuleSwitches rules;
    private Dictionary<EntityId, long>? before;

    /// <summary>Of a request for which <see cref="IsFor"/> is true.</summary>
    /// <param name="request">What is to be read.</param>
    /// <param name="rules">Test-only switches.</param>
    public SnapshotRead(TransactionRequest request, RuleSwitches? rules = null)
    {
        this.request = request;
        this.rules = rules ?? RuleSwitches.AllOn;
        plan = new TransactionPlan(request);
    }

    /// <summary>Whether a valid request can be run in this way: nobody can ask for it by an id, and it is about keys alone and changes none.</summary>
    public static bool IsFor(TransactionRequest request) => request.TransactionId.Length == 0 && TransactionContent.OnlyReadsKeys(request);

    /// <summary>Whom to ask in each round, with <c>GetKey</c>.</summary>
    public IEnumerable<EntityId> Keys => plan.Participants;

    /// <summary>All answers of one round, each asked for after the round before was complete.</summary>
    /// <returns>The result; null: another round is needed.</returns>
    /// <exception cref="NotThisWayException">It must be run as any other transaction.</exception>
    public TransactionResult? Take(IReadOnlyDictionary<EntityId, Reply> round)
    {
        var read = round.ToDictionary(r => r.Key, r => Seen(r.Value));
        // Not twice what would not be answered anyway.
        if (read.Values.Sum(r => (long)r.Value.Length) > Limits.TransactionResultBytes) throw new NotThisWayException();
        var now = read.ToDictionary(r => r.Key, r => r.Value.Revision);
        // One key is read at one moment in any case.
        if (now.Count == 1 || !rules.ConfirmReads || (before is not null && now.All(r => before[r.Key] == r.Value))) return Result(read);
        before = now;
        return null;
    }

    private TransactionResult Result(Dictionary<EntityId, KeyWritten> read)
    {
        var votes = read.ToDictionary(r => r.Key.ToString(), r => VoteOf(r.Key, r.Value), StringComparer.Ordinal);
        return Verdict.Of(request.TransactionId, 1, votes).Commit?.Result ?? throw new NotThisWayException();
    }

    private Vote VoteOf(EntityId key, KeyWritten seen)
    {
        var part = plan.PrepareFor(key, 1, 0);
        var vote = new Vote { Then = KeyOperations.Evaluate(key.Name, seen, part.Then, 0).Result, Else = KeyOperations.Evaluate(key.Name, seen, part.Else, 0).Result };
        vote.Conditions.AddRange(part.Conditions.Select(c => new ConditionResult { Index = c.Index, Held = KeyOperations.Holds(seen, c.Condition) }));
        return vote;
    }

    private static KeyWritten Seen(Reply reply) => reply switch
    {
        { KeyValue: { } value } => new KeyWritten { Present = true, Value = value.Value, Revision = value.Revision },
        // What is absent has a revision too: it may have been there between two reads that find it absent. Nodes of earlier versions do not tell it.
        { Failure.Code: ErrorCode.NotFound, HasLastRevision: true } => new KeyWritten { Revision = reply.LastRevision },
        _ => throw new NotThisWayException(),
    };
}

/// <summary>A <see cref="SnapshotRead"/> can't be had.</summary>
public sealed class NotThisWayException : Exception;
