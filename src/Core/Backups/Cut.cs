using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Backups;

/// <summary>
/// What is true of keys and transactions at one moment of the journal. A transaction is committed from the moment at which its <c>Started</c> and all its <c>Prepared</c> are durable: its caller may have been told so, though
/// no <c>Committed</c> is there yet, nor anything applied. So it is in the cut as a whole, at every key, or not at all.
/// </summary>
/// <param name="timeMs">The moment.</param>
/// <param name="rules">Test-only switches.</param>
public sealed class Cut(long timeMs, RuleSwitches? rules = null)
{
    private readonly OutcomeTimes times = new();
    private readonly Dictionary<(string Participant, string TransactionId), (long SequenceNr, bool Then)> commits = [];

    /// <summary>Takes a slot of transactions: first all of them, before any key.</summary>
    /// <param name="slot">As of the moment.</param>
    /// <param name="undecided">Those that may be committed, or not: <see cref="Decide"/> tells.</param>
    /// <returns>What became of those that are decided.</returns>
    public IReadOnlyList<ArchivedOutcome> Take(TransactionSlotSnapshot slot, out IReadOnlyList<TransactionStarted> undecided)
    {
        var outcomes = new List<ArchivedOutcome>();
        var open = new List<TransactionStarted>();
        foreach (var record in slot.Transactions.Select(TransactionRecord.From))
        {
            if (!record.IsDecided)
            {
                if (record.Started is { } started) open.Add(started);
                continue;
            }
            // Once it is settled, no Prepared is left that it names.
            if (record is { Committed: { } commit, Settled: false }) Add(commit);
            outcomes.Add(Settled(record));
        }
        undecided = open;
        return outcomes;
    }

    /// <summary>Whether all have prepared it.</summary>
    /// <param name="started">One that is not decided.</param>
    /// <param name="participants">Its participants as of the moment.</param>
    /// <returns>Its outcome, when it is committed; null: it is not in the cut.</returns>
    public ArchivedOutcome? Decide(TransactionStarted started, IReadOnlyDictionary<string, ParticipantSnapshot?> participants)
    {
        if (rules is { CommitWithoutDecision: false }) return null;
        var votes = new Dictionary<string, Vote>(StringComparer.Ordinal);
        foreach (var participant in started.Participants)
        {
            var held = participants.GetValueOrDefault(participant)?.Prepared.FirstOrDefault(p => StoredParticipant.IsFor(p.Prepared, started));
            if (held is null) return null;
            votes[participant] = Votes.Yes(new HeldPrepared(held.Prepared, held.SequenceNr), 0);
        }
        if (Verdict.Of(started.TransactionId, started.Attempt, votes).Commit is not { } commit) return null;
        Add(commit);
        return Settled(new TransactionRecord(started.TransactionId) { Started = started, Committed = commit, TimeMs = timeMs });
    }

    /// <summary>What a backup says of a key; null: it never was.</summary>
    public BackupKey? KeyOf(EntityId id, KeySnapshot state)
    {
        var value = state.Value ?? new KeyWritten();
        foreach (var prepared in state.Participant?.Prepared ?? [])
        {
            if (!commits.TryGetValue((id.ToString(), prepared.Prepared.TransactionId), out var commit) || commit.SequenceNr != prepared.SequenceNr) continue;
            if ((commit.Then ? prepared.Prepared.Then : prepared.Prepared.Else)?.Write is { } write) value = LandedWrite.Of(write, timeMs);
        }
        if (Revisions.IsFresh(value)) return null;
        // Sessions are not in a backup: for it they have ended, and their keys with them.
        if (value is { Present: true, SessionId.Length: > 0 }) value = KeyExpiry.End(value);
        return new BackupKey
        {
            Key = id.Name, Present = value.Present, Value = value.Value, Revision = value.Revision, ExpiresAtMs = value.ExpiresAtMs, HighestRevision = Revisions.Next(value) - 1,
        };
    }

    private void Add(TransactionCommitted commit)
    {
        foreach (var named in commit.Prepared) commits[(named.Participant, commit.TransactionId)] = (named.SequenceNr, commit.Then);
    }

    /// <summary>As the table of older outcomes has it: where it is restored, all has been applied.</summary>
    private ArchivedOutcome Settled(TransactionRecord record)
    {
        record.Settled = true;
        record.Slim();
        return new ArchivedOutcome(record.Id, record.WithoutResults(), times.From(record.Id, record.TimeMs) + times.KeptMs);
    }
}
