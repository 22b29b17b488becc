using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The participant's half of two-phase commit, the same for keys, locks and session slots. Once prepared, it never decides alone:
/// the intents stay until the coordinator has said what became of the transaction.
/// </summary>
internal sealed class Participant(IParticipantHost host, RuleSwitches rules)
{
    private const long InDoubtEveryMs = 1000;

    /// <summary>Refusals are kept for as long as a message could still be on its way, and far beyond.</summary>
    private const long RefusalKeptMs = 3_600_000;

    private sealed record Held(Prepared Prepared, long SequenceNr)
    {
        public Age Age => new(Prepared.TimestampMs, Prepared.TransactionId);
    }

    private readonly Dictionary<string, Held> held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (uint Attempt, long TimeMs)> refused = new(StringComparer.Ordinal);
    private readonly Queue<(string TransactionId, long TimeMs)> refusedByAge = new();
    private readonly Dictionary<string, Command> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> askAtMs = new(StringComparer.Ordinal);

    /// <summary>The highest timestamp seen here. Votes carry it to coordinators whose clocks are behind: else what they begin would be older than one that tries already, again and again.</summary>
    private long youngestMs;

    public bool IsIdle => held.Count == 0 && waiting.Count == 0;

    public long? WakeAtMs => askAtMs.Count == 0 ? null : askAtMs.Values.Min();

    public bool HasIntent(string resource) => held.Values.Any(h => h.Prepared.Intents.Any(i => i.Resource == resource));

    public bool HasExclusiveIntent(string resource) =>
        rules.IntentBlocking && held.Values.Any(h => h.Prepared.Intents.Any(i => i.Resource == resource && i.Exclusive));

    public bool BlocksWrite(string resource) => rules.IntentBlocking && HasIntent(resource);

    public void Activated(Turn turn)
    {
        foreach (var transactionId in held.Keys) askAtMs[transactionId] = turn.At.MonoMs + InDoubtEveryMs;
    }

    /// <summary>Handles the command if it is one of a transaction's.</summary>
    public bool Handle(Command command, Turn turn)
    {
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

    public void Tick(Turn turn)
    {
        foreach (var (transactionId, at) in askAtMs.ToArray())
        {
            if (at > turn.At.MonoMs) continue;
            askAtMs[transactionId] = turn.At.MonoMs + InDoubtEveryMs;
            var prepared = held[transactionId].Prepared;
            turn.Send(EntityId.Parse(prepared.Coordinator), new Command { InDoubt = new InDoubt { TransactionId = transactionId, Attempt = prepared.Attempt } });
        }
    }

    /// <summary>What waited for a resource that no intent was on (a closing that is over, say) may go on.</summary>
    public void Pump(Turn turn)
    {
        foreach (var command in waiting.Values.OrderBy(AgeOf).ToArray())
            if (waiting.Remove(command.Prepare.TransactionId)) OnPrepare(command, turn);
    }

    private void OnPrepare(Command command, Turn turn)
    {
        var prepare = command.Prepare;
        var id = prepare.TransactionId;
        youngestMs = Math.Max(youngestMs, prepare.TimestampMs);
        if (rules.RefuseLatePrepares && refused.TryGetValue(id, out var refusal) && prepare.Attempt <= refusal.Attempt) return;
        var dropped = false;
        if (held.TryGetValue(id, out var mine))
        {
            if (prepare.Attempt < mine.Prepared.Attempt) return;
            var same = mine.Prepared.PayloadHash.Equals(prepare.PayloadHash);
            if (!same || prepare.Attempt == mine.Prepared.Attempt)
            {
                turn.Send(EntityId.Parse(command.Sender), new Command { Vote = same ? Yes(mine) : Plain(prepare, Vote.Types.Kind.Mismatch) });
                return;
            }
            // A later attempt is durable at the coordinator, so this one can't be committed any more.
            Drop(id, prepare.Attempt - 1, turn);
            dropped = true;
        }
        else if (waiting.TryGetValue(id, out var queued) && queued.Prepare.Attempt > prepare.Attempt) return;

        var intents = host.IntentsOf(prepare);
        var inTheWay = InTheWay(prepare, intents);
        if (inTheWay.Count == 0)
        {
            waiting.Remove(id);
            Take(command, intents, turn);
            DieBehind(id, turn);
        }
        else if (inTheWay.TrueForAll(age => AgeOf(command).IsOlderThan(age)) && waiting.Count < Limits.WaitingPerEntity)
        {
            if (!waiting.ContainsKey(id)) turn.Count(Counted.PrepareWaits);
            waiting[id] = command;
        }
        else
        {
            waiting.Remove(id);
            turn.Send(EntityId.Parse(command.Sender), new Command { Vote = Plain(prepare, Vote.Types.Kind.Die) });
        }
        if (dropped) Freed(turn);
    }

    /// <summary>
    /// Who has what this Prepare needs: holders, and older ones that wait already (they must not be overtaken for ever).
    /// </summary>
    private List<Age> InTheWay(Prepare prepare, IReadOnlyList<Intent> intents)
    {
        var ages = new List<Age>();
        if (!rules.IntentBlocking) return ages;
        var mine = new Age(prepare.TimestampMs, prepare.TransactionId);
        foreach (var other in held.Values)
            if (other.Prepared.TransactionId != prepare.TransactionId && Conflict(intents, other.Prepared.Intents, withClosing: true)) ages.Add(other.Age);
        foreach (var command in waiting.Values)
            if (AgeOf(command).IsOlderThan(mine) && Conflict(intents, host.IntentsOf(command.Prepare), withClosing: false)) ages.Add(AgeOf(command));
        return ages;
    }

    private bool Conflict(IReadOnlyList<Intent> wanted, IReadOnlyList<Intent> there, bool withClosing)
    {
        foreach (var want in wanted)
            foreach (var have in there)
                if (want.Resource == have.Resource && (want.Exclusive || have.Exclusive || (withClosing && host.IsClosing(want.Resource)))) return true;
        return false;
    }

    private void Take(Command command, IReadOnlyList<Intent> intents, Turn turn)
    {
        var prepare = command.Prepare;
        var prepared = new Prepared
        {
            TransactionId = prepare.TransactionId, Attempt = prepare.Attempt, PayloadHash = prepare.PayloadHash, TimestampMs = prepare.TimestampMs,
            Coordinator = command.Sender, Then = host.Evaluate(prepare.Then, turn.Stamp), Else = host.Evaluate(prepare.Else, turn.Stamp),
        };
        prepared.Intents.AddRange(intents);
        foreach (var condition in prepare.Conditions)
            prepared.Conditions.Add(new ConditionResult { Index = condition.Index, Held = host.Holds(condition.Condition) });
        turn.Emit(new Event { Prepared = prepared });
        askAtMs[prepare.TransactionId] = turn.At.MonoMs + InDoubtEveryMs;
        turn.Send(EntityId.Parse(command.Sender), new Command { Vote = Yes(held[prepare.TransactionId]) });
    }

    /// <summary>When a holder changes, the younger that wait behind it die: waiting, they would be part of a cycle some day.</summary>
    private void DieBehind(string transactionId, Turn turn)
    {
        var holder = held[transactionId];
        foreach (var command in waiting.Values.ToArray())
        {
            if (!holder.Age.IsOlderThan(AgeOf(command)) || !Conflict(host.IntentsOf(command.Prepare), holder.Prepared.Intents, withClosing: true)) continue;
            waiting.Remove(command.Prepare.TransactionId);
            turn.Send(EntityId.Parse(command.Sender), new Command { Vote = Plain(command.Prepare, Vote.Types.Kind.Die) });
        }
    }

    private void OnAskStatus(Command command, Turn turn)
    {
        var ask = command.AskStatus;
        var coordinator = EntityId.Parse(command.Sender);
        if (held.TryGetValue(ask.TransactionId, out var mine))
        {
            if (mine.Prepared.Attempt == ask.Attempt)
            {
                turn.Send(coordinator, new Command { Vote = Yes(mine) });
                return;
            }
            if (mine.Prepared.Attempt > ask.Attempt) return;
        }
        if (waiting.TryGetValue(ask.TransactionId, out var queued) && queued.Prepare.Attempt <= ask.Attempt) waiting.Remove(ask.TransactionId);
        if (rules.RefuseLatePrepares && (!refused.TryGetValue(ask.TransactionId, out var refusal) || refusal.Attempt < ask.Attempt))
        {
            var freed = held.ContainsKey(ask.TransactionId);
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
        if (held.TryGetValue(commit.TransactionId, out var mine))
        {
            var named = !rules.CommitNamesPrepared || (mine.Prepared.Attempt == commit.Attempt && mine.SequenceNr == commit.PreparedSequenceNr);
            var write = Branch(mine.Prepared, commit.Then).Write;
            // One that the decision does not name came late, after the named one was applied: it must not be applied again, nor stay.
            turn.Emit(named
                ? new Event { Applied = new Applied { TransactionId = commit.TransactionId, Then = commit.Then, Write = write, WritesNothing = write is null } }
                : new Event { Discarded = new Discarded { TransactionId = commit.TransactionId } });
            Freed(turn);
        }
        turn.Send(EntityId.Parse(command.Sender), new Command { DecisionSeen = new DecisionSeen { TransactionId = commit.TransactionId } });
    }

    private void OnAbort(Command command, Turn turn)
    {
        var id = command.Abort.TransactionId;
        waiting.Remove(id);
        if (held.ContainsKey(id))
        {
            turn.Emit(new Event { Discarded = new Discarded { TransactionId = id } });
            Freed(turn);
        }
        turn.Send(EntityId.Parse(command.Sender), new Command { DecisionSeen = new DecisionSeen { TransactionId = id } });
    }

    private void OnDrop(DropAttempt drop, Turn turn)
    {
        if (waiting.TryGetValue(drop.TransactionId, out var queued) && queued.Prepare.Attempt <= drop.Attempt) waiting.Remove(drop.TransactionId);
        if (!held.TryGetValue(drop.TransactionId, out var mine) || (mine.Prepared.Attempt > drop.Attempt && rules.AttemptTags)) return;
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
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.Prepared:
                if (!held.TryAdd(@event.Prepared.TransactionId, new Held(@event.Prepared, stamp.SequenceNr)))
                    throw new InvalidHistoryException($"transaction {@event.Prepared.TransactionId} was prepared twice");
                return true;
            case Event.BodyOneofCase.AttemptDropped:
                Remove(@event.AttemptDropped.TransactionId);
                Refuse(@event.AttemptDropped.TransactionId, @event.AttemptDropped.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Refused:
                held.Remove(@event.Refused.TransactionId);
                askAtMs.Remove(@event.Refused.TransactionId);
                Refuse(@event.Refused.TransactionId, @event.Refused.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Discarded:
                Remove(@event.Discarded.TransactionId);
                return true;
            case Event.BodyOneofCase.Applied:
                var applied = @event.Applied;
                var write = Branch(Remove(applied.TransactionId).Prepared, applied.Then).Write;
                // Rows of before do not say what they write.
                if ((applied.Write is not null && !applied.Write.Equals(write)) || (applied.WritesNothing && write is not null))
                    throw new InvalidHistoryException($"transaction {applied.TransactionId} was applied as something else than was prepared");
                if (write is not null) host.Write(write);
                return true;
            default:
                return false;
        }
    }

    public void Restore(ParticipantSnapshot? snapshot)
    {
        if (snapshot is null) return;
        foreach (var stored in snapshot.Prepared) held[stored.Prepared.TransactionId] = new Held(stored.Prepared, stored.SequenceNr);
        foreach (var stored in snapshot.Refusals.OrderBy(r => r.TimeMs)) Refuse(stored.Refused.TransactionId, stored.Refused.Attempt, stored.TimeMs);
    }

    public ParticipantSnapshot Save()
    {
        var snapshot = new ParticipantSnapshot();
        snapshot.Prepared.AddRange(held.Values.Select(h => new StoredPrepared { SequenceNr = h.SequenceNr, Prepared = h.Prepared }));
        snapshot.Refusals.AddRange(refused.Select(r => new StoredRefusal
        {
            Refused = new Refused { TransactionId = r.Key, Attempt = r.Value.Attempt }, TimeMs = r.Value.TimeMs,
        }));
        return snapshot;
    }

    private static PreparedBranch Branch(Prepared prepared, bool then) => then ? prepared.Then : prepared.Else;

    private Held Remove(string transactionId)
    {
        askAtMs.Remove(transactionId);
        return held.Remove(transactionId, out var was) ? was : throw new InvalidHistoryException($"transaction {transactionId} was not prepared");
    }

    private void Refuse(string transactionId, uint attempt, long timeMs)
    {
        refused[transactionId] = (attempt, timeMs);
        refusedByAge.Enqueue((transactionId, timeMs));
        while (refusedByAge.TryPeek(out var oldest) && oldest.TimeMs < timeMs - RefusalKeptMs)
        {
            refusedByAge.Dequeue();
            if (refused.TryGetValue(oldest.TransactionId, out var kept) && kept.TimeMs == oldest.TimeMs) refused.Remove(oldest.TransactionId);
        }
    }

    private static Age AgeOf(Command command) => new(command.Prepare.TimestampMs, command.Prepare.TransactionId);

    private Vote Plain(Prepare prepare, Vote.Types.Kind kind) =>
        new() { TransactionId = prepare.TransactionId, Attempt = prepare.Attempt, Kind = kind, YoungestMs = youngestMs };

    private Vote Yes(Held held)
    {
        var vote = new Vote
        {
            TransactionId = held.Prepared.TransactionId, Attempt = held.Prepared.Attempt, Kind = Vote.Types.Kind.Yes,
            PayloadHash = held.Prepared.PayloadHash, PreparedSequenceNr = held.SequenceNr, YoungestMs = youngestMs, Then = held.Prepared.Then.Result, Else = held.Prepared.Else.Result,
        };
        vote.Conditions.AddRange(held.Prepared.Conditions);
        return vote;
    }
}
