using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The participant's half of two-phase commit, the same for keys, locks and session slots. Once prepared, it never decides alone:
/// the intents stay until the coordinator has said what became of the transaction. What it has said is committed is applied in the entity's next row, or after
/// <see cref="DueCommits.FoldMs"/> in one of its own; until then it is as if the word were still on its way, but for reads, which see it already.
/// </summary>
internal sealed class Participant
{
    private readonly IParticipantHost host;
    private readonly RuleSwitches rules;
    private readonly Intents intents;
    private readonly DueCommits due;
    private readonly DoubtQuestions questions;
    private readonly RefusedAttempts refused = new();

    /// <summary>The highest timestamp seen here. Votes carry it to coordinators whose clocks are behind: else what they begin would be older than one that tries already, again and again.</summary>
    private long youngestMs;

    private long lastRowMs;

    public Participant(IParticipantHost host, RuleSwitches rules)
    {
        this.host = host;
        this.rules = rules;
        intents = new Intents(host, rules);
        due = new DueCommits(intents);
        questions = new DoubtQuestions(intents);
    }

    public bool IsIdle => intents.IsEmpty;

    public long? WakeAtMs => due.WakeAtMs is { } dueAtMs && !(questions.WakeAtMs <= dueAtMs) ? dueAtMs : questions.WakeAtMs;

    public bool HasIntent(string resource) => intents.Has(resource);

    /// <summary>Whether reads wait: a transaction that may write this is not decided.</summary>
    public bool BlocksRead(string resource) => rules.IntentBlocking && intents.HasExclusive(resource) && due.For(resource) is null;

    /// <summary>What a transaction that is committed, and not applied yet, makes of this; null: there is none.</summary>
    public PreparedBranch? Committed(string resource) => due.For(resource);

    public bool BlocksWrite(string resource) => rules.IntentBlocking && intents.Has(resource);

    public void Activated(Turn turn) => questions.Activated(turn);

    /// <summary>Handles the command if it is one of a transaction's.</summary>
    public bool Handle(Command command, Turn turn)
    {
        if (command.BodyCase is Command.BodyOneofCase.Prepare or Command.BodyOneofCase.Abort or Command.BodyOneofCase.DropAttempt) Land(turn);
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.Prepare: OnPrepare(command, turn); return true;
            case Command.BodyOneofCase.AskStatus: OnAskStatus(command, turn); return true;
            case Command.BodyOneofCase.Commit: OnCommit(command, turn); return true;
            case Command.BodyOneofCase.Abort: OnAbort(command, turn); return true;
            case Command.BodyOneofCase.DropAttempt: OnDrop(command.DropAttempt, turn); return true;
            default: return false;
        }
    }

    /// <summary>Applies what is committed: before anything that would have to wait for it, in the same row.</summary>
    public void Land(Turn turn)
    {
        if (due.Land(turn)) Freed(turn);
    }

    /// <summary>Does so when a row is written anyway.</summary>
    public void LandWith(Turn turn)
    {
        if (turn.WritesRow) Land(turn);
    }

    public void Tick(Turn turn)
    {
        if (due.WakeAtMs <= turn.At.MonoMs) Land(turn);
        questions.Tick(turn);
    }

    /// <summary>What waited for a resource that no intent was on (a closing that is over, say) may go on.</summary>
    public void Pump(Turn turn)
    {
        foreach (var command in intents.Waiting())
            if (intents.StopWaiting(command.Prepare.TransactionId)) OnPrepare(command, turn, waited: true);
    }

    private void OnPrepare(Command command, Turn turn, bool waited = false)
    {
        var prepare = command.Prepare;
        var id = prepare.TransactionId;
        youngestMs = Math.Max(youngestMs, prepare.TimestampMs);
        if (rules.RefuseLatePrepares && refused.Has(id, prepare.Attempt, turn.Stamp.TimeMs)) return;
        var dropped = false;
        if (intents.Held.TryGetValue(id, out var mine))
        {
            if (prepare.Attempt < mine.Prepared.Attempt) return;
            var same = mine.Prepared.PayloadHash.Equals(prepare.PayloadHash);
            if (!same || prepare.Attempt == mine.Prepared.Attempt)
            {
                turn.Send(EntityId.Parse(command.Sender), new Command { Vote = same ? Votes.Yes(mine, youngestMs) : Votes.No(prepare, Vote.Types.Kind.Mismatch, youngestMs) });
                return;
            }
            // A later attempt is durable at the coordinator, so this one can't be committed any more.
            Drop(id, prepare.Attempt - 1, turn);
            dropped = true;
        }
        else if (intents.LaterWaits(id, prepare.Attempt)) return;

        var wanted = host.IntentsOf(prepare);
        var inTheWay = intents.InTheWayOf(prepare, wanted);
        // Whatever its age: it waits for no other transaction by that.
        var unsure = host.IsUnsure(prepare, turn);
        if (unsure && !intents.IsFull) intents.Wait(command);
        else if (inTheWay.Count == 0 && !unsure)
        {
            intents.StopWaiting(id);
            Take(command, wanted, turn);
            foreach (var behind in intents.TakeYoungerBehind(id)) Die(behind, turn);
        }
        else if (!unsure && inTheWay.TrueForAll(age => Intents.AgeOf(command).IsOlderThan(age)) && !intents.IsFull)
        {
            if (intents.Wait(command) && !waited) turn.Count(Counted.PrepareWaits);
        }
        else
        {
            intents.StopWaiting(id);
            Die(command, turn);
        }
        if (dropped) Freed(turn);
    }

    private void Die(Command command, Turn turn) =>
        turn.Send(EntityId.Parse(command.Sender), new Command { Vote = Votes.No(command.Prepare, Vote.Types.Kind.Die, youngestMs) });

    private void Take(Command command, IReadOnlyList<Intent> wanted, Turn turn)
    {
        var prepare = command.Prepare;
        var prepared = new Prepared
        {
            TransactionId = prepare.TransactionId, Attempt = prepare.Attempt, PayloadHash = prepare.PayloadHash, TimestampMs = prepare.TimestampMs,
            Coordinator = command.Sender, Then = host.Evaluate(prepare.Then, turn.Stamp), Else = host.Evaluate(prepare.Else, turn.Stamp),
        };
        prepared.Intents.AddRange(wanted);
        foreach (var condition in prepare.Conditions)
            prepared.Conditions.Add(new ConditionResult { Index = condition.Index, Held = host.Holds(condition.Condition) });
        turn.Emit(new Event { Prepared = prepared });
        questions.Begin(prepare.TransactionId, turn);
        turn.Send(EntityId.Parse(command.Sender), new Command { Vote = Votes.Yes(intents.Held[prepare.TransactionId], youngestMs) });
    }

    private void OnAskStatus(Command command, Turn turn)
    {
        var ask = command.AskStatus;
        var coordinator = EntityId.Parse(command.Sender);
        if (intents.Held.TryGetValue(ask.TransactionId, out var mine))
        {
            if (mine.Prepared.Attempt == ask.Attempt)
            {
                turn.Send(coordinator, new Command { Vote = Votes.Yes(mine, youngestMs) });
                return;
            }
            if (mine.Prepared.Attempt > ask.Attempt) return;
        }
        Land(turn);
        intents.StopWaiting(ask.TransactionId, ask.Attempt);
        if (rules.RefuseLatePrepares && !refused.Has(ask.TransactionId, ask.Attempt, turn.Stamp.TimeMs))
        {
            var freed = intents.Held.ContainsKey(ask.TransactionId);
            turn.Emit(new Event { Refused = new Refused { TransactionId = ask.TransactionId, Attempt = ask.Attempt } });
            if (freed) Freed(turn);
        }
        turn.Send(coordinator, new Command
        {
            Vote = new Vote { TransactionId = ask.TransactionId, Attempt = ask.Attempt, Kind = Vote.Types.Kind.Refused },
        });
    }

    private void OnCommit(Command command, Turn turn)
    {
        var commit = command.Commit;
        if (due.Has(commit.TransactionId)) return;
        if (!intents.Held.TryGetValue(commit.TransactionId, out var mine)) DueCommits.Seen(command, commit.TransactionId, turn);
        else if (rules.CommitNamesPrepared && (mine.Prepared.Attempt != commit.Attempt || mine.SequenceNr != commit.PreparedSequenceNr))
        {
            // It came late, after the named one was applied: it must not be applied again, nor stay.
            turn.Emit(new Event { Discarded = new Discarded { TransactionId = commit.TransactionId } });
            DueCommits.Seen(command, commit.TransactionId, turn);
            Freed(turn);
        }
        else
        {
            due.Add(command, turn);
            questions.End(commit.TransactionId);
            if (intents.AnyWaits || mine.Prepared.Intents.Any(i => host.IsClosing(i.Resource))) Land(turn);
        }
    }

    private void OnAbort(Command command, Turn turn)
    {
        var id = command.Abort.TransactionId;
        intents.StopWaiting(id);
        if (intents.Held.ContainsKey(id))
        {
            turn.Emit(new Event { Discarded = new Discarded { TransactionId = id } });
            Freed(turn);
        }
        DueCommits.Seen(command, id, turn);
    }

    private void OnDrop(DropAttempt drop, Turn turn)
    {
        intents.StopWaiting(drop.TransactionId, drop.Attempt);
        if (!intents.Held.TryGetValue(drop.TransactionId, out var mine) || (mine.Prepared.Attempt > drop.Attempt && rules.AttemptTags)) return;
        Drop(drop.TransactionId, drop.Attempt, turn);
        Freed(turn);
    }

    private void Drop(string transactionId, uint attempt, Turn turn) =>
        turn.Emit(new Event { AttemptDropped = new AttemptDropped { TransactionId = transactionId, Attempt = attempt } });

    private void Freed(Turn turn)
    {
        host.IntentsFreed(turn);
        Pump(turn);
    }

    /// <summary>Folds one of a transaction's events; false when it is none.</summary>
    public bool Apply(Event @event, Stamp stamp)
    {
        lastRowMs = stamp.TimeMs;
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.Prepared:
                if (!intents.TryHold(new HeldPrepared(@event.Prepared, stamp.SequenceNr)))
                    throw new InvalidHistoryException($"transaction {@event.Prepared.TransactionId} was prepared twice");
                return true;
            case Event.BodyOneofCase.AttemptDropped:
                Remove(@event.AttemptDropped.TransactionId);
                refused.Dropped(@event.AttemptDropped.TransactionId, @event.AttemptDropped.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Refused:
                intents.LetGo(@event.Refused.TransactionId);
                questions.End(@event.Refused.TransactionId);
                refused.Refused(@event.Refused.TransactionId, @event.Refused.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Discarded:
                Remove(@event.Discarded.TransactionId);
                return true;
            case Event.BodyOneofCase.Applied:
                var applied = @event.Applied;
                var write = DueCommits.Branch(Remove(applied.TransactionId).Prepared, applied.Then).Write;
                // Rows of before do not say what they write.
                if ((applied.Write is not null && !applied.Write.Equals(write)) || (applied.WritesNothing && write is not null))
                    throw new InvalidHistoryException($"transaction {applied.TransactionId} was applied as something else than was prepared");
                if (write is not null) host.Write(LandedWrite.Of(write, stamp.TimeMs));
                return true;
            default:
                return false;
        }
    }

    public void Restore(ParticipantSnapshot? snapshot)
    {
        if (snapshot is null) return;
        foreach (var stored in snapshot.Prepared) intents.TryHold(new HeldPrepared(stored.Prepared, stored.SequenceNr));
        refused.Restore(snapshot.Refusals);
    }

    public ParticipantSnapshot Save()
    {
        var snapshot = new ParticipantSnapshot();
        snapshot.Prepared.AddRange(intents.Held.Values.Select(h => new StoredPrepared { SequenceNr = h.SequenceNr, Prepared = h.Prepared }));
        snapshot.Refusals.AddRange(refused.Save(lastRowMs));
        return snapshot;
    }

    private HeldPrepared Remove(string transactionId)
    {
        questions.End(transactionId);
        return intents.LetGo(transactionId) ?? throw new InvalidHistoryException($"transaction {transactionId} was not prepared");
    }
}
