using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Drives the transactions of one slot that are not settled: two-phase commit with parallel commit and presumed abort. A transaction is committed once its Started and
/// every Prepared of that attempt are durable; the answer leaves then, and the Committed row only makes it quick to find out later.
/// Sources: parallel commits in CockroachDB (Taft et al., 2020); presumed abort (Mohan, Lindsay and Obermarck, 1986).
/// </summary>
internal sealed class TransactionDriver(TransactionTable table, OutcomeTimes times, RuleSwitches rules)
{
    private const long SendAgainMs = 500;

    private readonly Dictionary<string, Drive> drives = new(StringComparer.Ordinal);
    private readonly List<string> toSettle = [];
    private long? settleAtMs;

    /// <summary>The highest timestamp heard of: with it, this slot's clock is a hybrid one (Kulkarni et al., 2014), which is never behind what it has met.</summary>
    private long youngestMs;

    public IReadOnlyDictionary<string, Drive> Drives => drives;

    public long? WakeAtMs
    {
        get
        {
            var wake = settleAtMs ?? long.MaxValue;
            foreach (var (id, drive) in drives) wake = Math.Min(wake, drive.WakeAtMs(table.Find(id)!.IsDecided));
            return wake == long.MaxValue ? null : wake;
        }
    }

    /// <summary>What an earlier activation left open is taken up: the undecided by asking every participant, the decided by telling them.</summary>
    public void Activated(Turn turn)
    {
        foreach (var record in table.Unsettled)
        {
            var drive = drives[record.Id] = new Drive { SendAgainAtMs = turn.At.MonoMs };
            if (record.Aborted is { Without: { Length: > 0 } lost }) drive.Seen.Add(lost);
        }
    }

    public void Tick(Turn turn)
    {
        foreach (var (id, drive) in drives.ToArray())
        {
            var record = table.Find(id)!;
            if (drive.WakeAtMs(record.IsDecided) > turn.At.MonoMs) continue;
            if (!record.IsDecided && drive.Mine is not null && drive.DeadlineMs <= turn.At.MonoMs)
                Abort(record, drive, record.Started!.Attempt > 1 ? AbortReason.Conflict : AbortReason.Deadline, turn);
            else if (drive.PrepareAtMs is { } prepareAt)
            {
                if (prepareAt > turn.At.MonoMs) continue;
                drive.PrepareAtMs = null;
                SendAgain(record, drive, turn);
            }
            else SendAgain(record, drive, turn);
        }
        if (settleAtMs <= turn.At.MonoMs) Settle(turn);
    }

    public void Start(TransactionPlan plan, double deadlineSeconds, Call call, Turn turn)
    {
        var id = plan.Request.TransactionId;
        var drive = new Drive { Mine = plan, DeadlineMs = turn.At.MonoMs + (long)Math.Round(deadlineSeconds * 1000), SendAgainAtMs = turn.At.MonoMs + SendAgainMs };
        drive.Calls.Add(call);
        var started = new TransactionStarted { TransactionId = id, Attempt = 1, PayloadHash = plan.PayloadHash, TimestampMs = Math.Max(turn.Stamp.TimeMs, rules.HybridTimestamps ? youngestMs + 1 : 0) };
        started.Participants.AddRange(plan.Participants.Select(p => p.ToString()));
        turn.Emit(new Event { TransactionStarted = started });
        drives[id] = drive;
        // The first attempt is prepared while its Started is on its way: if that never lands, the participants' questions abort it.
        foreach (var participant in plan.Participants)
            turn.SendAtOnce(participant, new Command { Prepare = plan.PrepareFor(participant, 1, started.TimestampMs) });
    }

    /// <summary>One more waits for the outcome of what is not decided. Of too many, the one that has waited longest must ask again.</summary>
    public void Await(string transactionId, Call call, Turn turn)
    {
        var calls = drives[transactionId].Calls;
        if (calls.Count >= Limits.CallsPerTransaction)
        {
            turn.AnswerForNow(calls[0], Replies.Failure(ErrorCode.OutcomeUnknown, $"{Limits.CallsPerTransaction} later calls wait for the same transaction"));
            calls.RemoveAt(0);
        }
        calls.Add(call);
    }

    public void OnVote(Vote vote, string sender, Turn turn)
    {
        youngestMs = Math.Max(youngestMs, vote.YoungestMs);
        if (table.Find(vote.TransactionId) is not { Started: { } started } record || !drives.TryGetValue(vote.TransactionId, out var drive)) return;
        if (record.IsDecided || (vote.Attempt != started.Attempt && rules.AttemptTags) || drive.PrepareAtMs is not null || !started.Participants.Contains(sender)) return;
        // A vote for a Started that was lost can meet the repeat of the request in one batch. It counts when it is given again: the Prepares are on their way.
        if (record.StartedSequenceNr > turn.DurableSequenceNr) return;
        var ofThis = vote.PayloadHash.IsEmpty || vote.PayloadHash.Equals(started.PayloadHash);
        switch (vote.Kind)
        {
            case Vote.Types.Kind.Yes when ofThis:
                drive.Votes[sender] = vote;
                if (drive.Votes.Count == started.Participants.Count) Decide(record, drive, turn);
                break;
            case Vote.Types.Kind.Die when drive.Mine is not null && ofThis:
                NextAttempt(record, drive, turn);
                break;
            case Vote.Types.Kind.Refused:
                // Only recovery asks for the status that this answers.
                if (drive.Mine is null) Abort(record, drive, AbortReason.Recovery, turn);
                break;
            // It holds another payload of this id, so it never held this one.
            case Vote.Types.Kind.Yes:
            // Of a Prepare for another payload this says nothing: its sender may hold this one, and the commit have been told. Where it is not said of which, only one's own counts.
            case Vote.Types.Kind.Mismatch when ofThis && (drive.Mine is not null || !vote.PayloadHash.IsEmpty):
                Abort(record, drive, AbortReason.Mismatch, turn);
                break;
            default:
                break;
        }
    }

    private void Decide(TransactionRecord record, Drive drive, Turn turn)
    {
        var (commit, impossible) = Verdict.Of(record.Id, record.Started!.Attempt, drive.Votes);
        if (commit is null)
        {
            Abort(record, drive, impossible!, turn);
            return;
        }
        var reply = new Reply { Transaction = commit.Result };
        if (drive.Mine is not null && record.StartedSequenceNr > turn.DurableSequenceNr)
            throw new InvalidOperationException($"votes of {record.Id} were counted before its Started was durable");
        var answerAtOnce = drive.Mine is not null || !rules.DurableDecisionAfterRecovery;
        turn.Emit(new Event { TransactionCommitted = commit });
        foreach (var call in drive.Calls)
        {
            if (answerAtOnce) turn.AnswerAtOnce(call, reply);
            else turn.Answer(call, reply);
        }
        Tell(record, drive, turn);
    }

    /// <summary>Without the word of a participant whose rows can't be read: all others let go, and nobody is ever told that it was aborted. Should it come back, it asks, and lets go too.</summary>
    public void GiveUp(TransactionRecord record, string without, Turn turn)
    {
        var drive = drives[record.Id];
        // Nobody waits for what is lost. What is not heard of any more is as good as aborted to whoever asks.
        drive.Seen.Add(without);
        Abort(record, drive, AbortReason.GivenUp, turn, without);
    }

    private void Abort(TransactionRecord record, Drive drive, string reason, Turn turn, string without = "")
    {
        turn.Emit(new Event { TransactionAborted = new TransactionAborted { TransactionId = record.Id, Reason = reason, Without = without } });
        foreach (var call in drive.Calls) turn.Answer(call, TransactionReplies.Outcome(record));
        Tell(record, drive, turn);
    }

    /// <summary>An older transaction is in the way of one participant: let all intents go, and begin again a little later, with the first timestamp.</summary>
    private void NextAttempt(TransactionRecord record, Drive drive, Turn turn)
    {
        var last = record.Started!;
        var next = last.Clone();
        next.Attempt++;
        turn.Emit(new Event { TransactionStarted = next });
        drive.Votes.Clear();
        foreach (var participant in last.Participants)
            turn.Send(EntityId.Parse(participant), new Command { DropAttempt = new DropAttempt { TransactionId = record.Id, Attempt = last.Attempt } });
        drive.PrepareAtMs = turn.At.MonoMs + Backoff.Ms(record.Id, last.Attempt);
    }

    private void SendAgain(TransactionRecord record, Drive drive, Turn turn)
    {
        if (record.IsDecided)
        {
            Tell(record, drive, turn);
            return;
        }
        drive.SendAgainAtMs = turn.At.MonoMs + SendAgainMs;
        var started = record.Started!;
        foreach (var participant in started.Participants.Where(p => !drive.Votes.ContainsKey(p)))
        {
            var to = EntityId.Parse(participant);
            turn.Send(to, drive.Mine is { } plan
                ? new Command { Prepare = plan.PrepareFor(to, started.Attempt, started.TimestampMs) }
                : new Command { AskStatus = new AskStatus { TransactionId = record.Id, Attempt = started.Attempt } });
        }
    }

    private void Tell(TransactionRecord record, Drive drive, Turn turn)
    {
        drive.Calls.Clear();
        drive.PrepareAtMs = null;
        drive.SendAgainAtMs = turn.At.MonoMs + (2 * SendAgainMs);
        foreach (var participant in record.Started!.Participants.Where(p => !drive.Seen.Contains(p)))
            turn.Send(EntityId.Parse(participant), TransactionReplies.Decision(record, participant));
    }

    public void OnSeen(string transactionId, string sender, Turn turn)
    {
        if (table.Find(transactionId) is not { IsDecided: true, Settled: false, Started: { } started } || !drives.TryGetValue(transactionId, out var drive)) return;
        drive.Seen.Add(sender);
        if (!started.Participants.All(drive.Seen.Contains)) return;
        drives.Remove(transactionId);
        toSettle.Add(transactionId);
        settleAtMs ??= turn.At.MonoMs + times.SettleMs;
    }

    /// <summary>What waits to be settled goes with a row that is written anyway.</summary>
    public void SettleWith(Turn turn)
    {
        if (toSettle.Count > 0 && turn.WritesRow) Settle(turn);
    }

    /// <summary>Many at once, off the path: if this is lost, the participants are told again, which costs nothing but messages.</summary>
    private void Settle(Turn turn)
    {
        foreach (var id in toSettle) turn.Emit(new Event { TransactionSettled = new TransactionSettled { TransactionId = id } });
        toSettle.Clear();
        settleAtMs = null;
    }
}
