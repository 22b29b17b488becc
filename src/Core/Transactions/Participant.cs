using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The participant's half of two-phase commit, the same for keys, locks and session slots. Once prepared, it never decides alone:
/// the intents stay until the coordinator has said what became of the transaction. What it has said is stored with the entity's next row, or after
/// <see cref="DueEndings.FoldMs"/> in one of its own; until then it is as if the word were still on its way, but for reads, which see it already.
/// </summary>
internal sealed class Participant
{
    private readonly IParticipantHost host;
    private readonly RuleSwitches rules;
    private readonly Intents intents;
    private readonly DueEndings due;
    private readonly DoubtQuestions questions;
    private readonly ShortWaits shortWaits;
    private readonly RefusedAttempts refused = new();
    private readonly ParticipantState state;

    /// <summary>The highest timestamp seen here. Votes carry it to coordinators whose clocks are behind: else what they begin would be older than one that tries already, again and again.</summary>
    private long youngestMs;

    public Participant(IParticipantHost host, RuleSwitches rules)
    {
        this.host = host;
        this.rules = rules;
        intents = new Intents(host, rules);
        due = new DueEndings(intents);
        questions = new DoubtQuestions(intents);
        shortWaits = new ShortWaits(rules);
        state = new ParticipantState(host, intents, refused, questions);
    }

    public bool IsIdle => intents.IsEmpty;

    public bool HasUnstored => !due.IsEmpty;

    public long? WakeAtMs
    {
        get
        {
            var wake = Math.Min(due.WakeAtMs ?? long.MaxValue, Math.Min(questions.WakeAtMs ?? long.MaxValue, shortWaits.WakeAtMs ?? long.MaxValue));
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool HasIntent(string resource) => intents.Has(resource);

    /// <summary>Whether reads wait: a transaction that may write this is not decided.</summary>
    public bool BlocksRead(string resource) => rules.IntentBlocking && intents.HasExclusive(resource) && due.For(resource) is null;

    /// <summary>What a transaction that is decided, which is not stored yet, makes of this; null: there is none.</summary>
    public PreparedBranch? Decided(string resource) => due.For(resource);

    public bool BlocksWrite(string resource) => rules.IntentBlocking && intents.Has(resource);

    public void Activated(Turn turn) => questions.Activated(turn);

    /// <summary>Handles the command if it is one of a transaction's.</summary>
    public bool Handle(Command command, Turn turn)
    {
        if (!MayLeaveDue(command)) Land(turn);
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.Prepare: OnPrepare(command, turn); return true;
            case Command.BodyOneofCase.AskStatus: OnAskStatus(command, turn); return true;
            case Command.BodyOneofCase.Commit: OnCommit(command, turn); return true;
            case Command.BodyOneofCase.Abort: OnAbort(command, turn); return true;
            case Command.BodyOneofCase.DropAttempt: OnDrop(command, turn); return true;
            default: return false;
        }
    }

    /// <summary>Whether this command of a transaction may find what is decided not stored yet.</summary>
    public bool MayLeaveDue(Command command) => command.BodyCase switch
    {
        Command.BodyOneofCase.Prepare => false,
        // A late drop may be about another Prepared than this, which is told for the second time.
        Command.BodyOneofCase.Commit => !due.Has(command.Commit.TransactionId) || due.IsCommitted(command.Commit.TransactionId),
        Command.BodyOneofCase.Abort => !due.Has(command.Abort.TransactionId),
        Command.BodyOneofCase.DropAttempt => !due.Has(command.DropAttempt.TransactionId),
        _ => true,
    };

    /// <summary>Stores what is decided: before anything that would have to wait for it, in the same row.</summary>
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
        var died = false;
        foreach (var transactionId in shortWaits.TakeDue(turn.At.MonoMs))
        {
            if (intents.TakeWaiting(transactionId) is not { } command) continue;
            Die(command, turn);
            died = true;
        }
        // It may have been all that was in the way of others.
        if (died) Pump(turn);
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
        if (unsure && !intents.IsFull)
        {
            shortWaits.End(id);
            intents.Wait(command);
        }
        else if (inTheWay == InTheWay.Nobody && !unsure)
        {
            intents.StopWaiting(id);
            shortWaits.End(id);
            Take(command, wanted, turn);
            foreach (var behind in intents.TakeYoungerBehind(id, mayStay: prepare => shortWaits.MayWait(prepare, turn))) Die(behind, turn);
        }
        else if (!unsure && !intents.IsFull && MayWaitFor(inTheWay, command, turn))
        {
            if (intents.Wait(command) && !waited) turn.Count(Counted.PrepareWaits);
        }
        else
        {
            intents.StopWaiting(id);
            shortWaits.End(id);
            Die(command, turn);
        }
        if (dropped) Freed(turn);
    }

    /// <summary>For younger ones as long as it takes, for an older one a little.</summary>
    private bool MayWaitFor(InTheWay inTheWay, Command command, Turn turn)
    {
        if (inTheWay == InTheWay.AnOlderOne) return shortWaits.MayWait(command.Prepare, turn);
        shortWaits.End(command.Prepare.TransactionId);
        return true;
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
        StopWaiting(ask.TransactionId, ask.Attempt, turn);
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
        if (!intents.Held.TryGetValue(commit.TransactionId, out var mine)) Votes.Seen(command, commit.TransactionId, turn);
        else if (rules.CommitNamesPrepared && (mine.Prepared.Attempt != commit.Attempt || mine.SequenceNr != commit.PreparedSequenceNr))
        {
            // It came late, after the named one was applied: it must not be applied again, nor stay.
            turn.Emit(new Event { Discarded = new Discarded { TransactionId = commit.TransactionId } });
            Votes.Seen(command, commit.TransactionId, turn);
            Freed(turn);
        }
        else
        {
            EndWithNextRow(commit.TransactionId, mine, command, turn);
        }
    }

    /// <summary>With the next row; at once, where something waits for it.</summary>
    private void EndWithNextRow(string transactionId, HeldPrepared mine, Command command, Turn turn)
    {
        due.Add(transactionId, command, turn);
        questions.End(transactionId);
        if (intents.AnyWaits || mine.Prepared.Intents.Any(i => host.IsClosing(i.Resource))) Land(turn);
    }

    private void OnAbort(Command command, Turn turn)
    {
        var id = command.Abort.TransactionId;
        StopWaiting(id, uint.MaxValue, turn);
        if (intents.Held.TryGetValue(id, out var mine)) EndWithNextRow(id, mine, command, turn);
        else Votes.Seen(command, id, turn);
    }

    private void OnDrop(Command command, Turn turn)
    {
        var drop = command.DropAttempt;
        StopWaiting(drop.TransactionId, drop.Attempt, turn);
        if (intents.Held.TryGetValue(drop.TransactionId, out var mine) && (mine.Prepared.Attempt <= drop.Attempt || !rules.AttemptTags)) EndWithNextRow(drop.TransactionId, mine, command, turn);
    }

    /// <summary>It waits no more, nor anybody for it.</summary>
    private void StopWaiting(string transactionId, uint upToAttempt, Turn turn)
    {
        if (!intents.StopWaiting(transactionId, upToAttempt)) return;
        shortWaits.End(transactionId);
        Pump(turn);
    }

    private void Drop(string transactionId, uint attempt, Turn turn) =>
        turn.Emit(new Event { AttemptDropped = new AttemptDropped { TransactionId = transactionId, Attempt = attempt } });

    private void Freed(Turn turn)
    {
        host.IntentsFreed(turn);
        Pump(turn);
    }

    /// <inheritdoc cref="ParticipantState.Apply" />
    public bool Apply(Event @event, Stamp stamp) => state.Apply(@event, stamp);

    public void Restore(ParticipantSnapshot? snapshot) => state.Restore(snapshot);

    public ParticipantSnapshot Save() => state.Save();
}
