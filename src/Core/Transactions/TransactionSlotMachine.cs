using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The coordinators of one slot. What is asked about a transaction is answered from memory, where that is recent or open, or else from the table of older outcomes, before anything
/// is decided on it: an id that was run is never run again, nor reported as never heard of, while its outcome is kept.
/// </summary>
internal sealed class TransactionSlotMachine : IMachine
{
    private const int UnsettledAtMost = 10_000;

    /// <summary>Ids that are issued in the future are kept until then: clients with a wrong clock must not fill the memory with them.</summary>
    private const int AheadAtMost = 10_000;

    private readonly RuleSwitches rules;
    private readonly OutcomeTimes times;
    private readonly TransactionTable table;
    private readonly TransactionDriver driver;
    private readonly Archive archive;
    private readonly LookUps lookUps = new();
    private readonly LostParticipants lost;

    public TransactionSlotMachine(RuleSwitches rules, OutcomeTimes times)
    {
        this.rules = rules;
        this.times = times;
        table = new TransactionTable(times);
        driver = new TransactionDriver(table, times, rules);
        archive = new Archive(table, times);
        lost = new LostParticipants(table, driver, rules);
    }

    public long? WakeAtMs
    {
        get
        {
            var wake = Math.Min(driver.WakeAtMs ?? long.MaxValue, Math.Min(archive.WakeAtMs ?? long.MaxValue, Math.Min(lookUps.WakeAtMs ?? long.MaxValue, lost.WakeAtMs ?? long.MaxValue)));
            return wake == long.MaxValue ? null : wake;
        }
    }

    public bool IsIdle => false;

    public Levels Levels => new(OpenTransactions: table.Open);

    public bool Knows(string requestId) => false;

    public bool IsReadOfNothing(Command command) => false;

    public void Activated(Turn turn)
    {
        driver.Activated(turn);
        archive.Schedule(turn);
    }

    public void Tick(Turn turn)
    {
        driver.Tick(turn);
        lookUps.Tick(turn);
        lost.Tick(turn);
        archive.Tick(turn);
        driver.SettleWith(turn);
        archive.Schedule(turn);
    }

    public void Handle(Command command, Call call, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.Wake: turn.Answer(call, new Reply { Awake = new Awake() }); break;
            case Command.BodyOneofCase.RunTransaction: Ask(command.RunTransaction.TransactionId, command, call, turn); break;
            case Command.BodyOneofCase.GetTransaction: Ask(command.GetTransaction.TransactionId, command, call, turn); break;
            case Command.BodyOneofCase.ResolveTransaction: Ask(command.ResolveTransaction.TransactionId, command, call, turn); break;
            case Command.BodyOneofCase.InDoubt: Ask(command.InDoubt.TransactionId, command, call, turn); break;
            case Command.BodyOneofCase.ListOpenTransactions:
                turn.Answer(call, OpenTransactionList.Of(table, driver.Drives, command.ListOpenTransactions.Limit, turn.Stamp.TimeMs));
                break;
            case Command.BodyOneofCase.Vote: driver.OnVote(command.Vote, command.Sender, turn); break;
            case Command.BodyOneofCase.DecisionSeen: driver.OnSeen(command.DecisionSeen.TransactionId, command.Sender, turn); break;
            case Command.BodyOneofCase.OutcomeLookedUp: OnLookedUp(command.OutcomeLookedUp, turn); break;
            case Command.BodyOneofCase.RestoreSlot:
                if (table.RestoreUntil(command.RestoreSlot.OutcomesIssuedUntilMs) is { } restored) turn.Emit(restored);
                turn.Answer(call, new Reply { Restored = new Restored() });
                break;
            case Command.BodyOneofCase.ParticipantRead: lost.OnRead(command.ParticipantRead, turn); break;
            case Command.BodyOneofCase.OutcomesArchived: archive.Done(command.OutcomesArchived, turn); break;
            default: throw new ArgumentException($"a transaction slot takes no {command.BodyCase}", nameof(command));
        }
        driver.SettleWith(turn);
        archive.Schedule(turn);
    }

    private void Ask(string transactionId, Command command, Call call, Turn turn)
    {
        if (lookUps.IsOpen(transactionId) || (rules.OutcomeLookUp && table.Find(transactionId) is null && (times.MayBeInTable(transactionId, turn.Stamp.TimeMs) || table.MayBeRestored(transactionId))))
            lookUps.Wait(transactionId, command, call, turn);
        else Decide(command, call, table.Find(transactionId), null, turn);
    }

    private void OnLookedUp(OutcomeLookedUp answer, Turn turn)
    {
        var archived = answer.Stored.IsEmpty ? null : TransactionRecord.From(StoredTransaction.Parser.ParseFrom(answer.Stored));
        foreach (var (command, call) in lookUps.Take(answer))
        {
            // The first of them may have made it known.
            if (answer.Answered) Decide(command, call, table.Find(answer.TransactionId) ?? archived, answer, turn);
            else LookUps.NotAnswered(call, "the table of older outcomes can't be read now", turn);
        }
    }

    /// <param name="command">What is asked about the transaction.</param>
    /// <param name="call">By whom.</param>
    /// <param name="known">What is known of it, here or in the table; null: nothing anywhere.</param>
    /// <param name="lookedUp">What the table said; null: it need not be asked.</param>
    /// <param name="turn">The turn.</param>
    private void Decide(Command command, Call call, TransactionRecord? known, OutcomeLookedUp? lookedUp, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.RunTransaction: Run(command.RunTransaction, call, known, lookedUp, turn); break;
            case Command.BodyOneofCase.GetTransaction: turn.Answer(call, TransactionReplies.Status(command.GetTransaction.TransactionId, known)); break;
            case Command.BodyOneofCase.ResolveTransaction when command.ResolveTransaction.Without.Length > 0: lost.Resolve(command.ResolveTransaction, known, call, turn); break;
            case Command.BodyOneofCase.ResolveTransaction:
                var resolved = command.ResolveTransaction.TransactionId;
                if (known is null && table.Ahead >= AheadAtMost && OutcomeTimes.IsAhead(resolved, turn.Stamp.TimeMs) is { } ahead) turn.Answer(call, TooManyAhead(ahead));
                else turn.Answer(call, TransactionReplies.Status(resolved, known ?? Close(resolved, AbortReason.Resolved, lookedUp, turn)));
                break;
            case Command.BodyOneofCase.InDoubt:
                // Nothing was ever durably started here, and from now on nothing will be.
                var record = known ?? Close(command.InDoubt.TransactionId, AbortReason.NeverStarted, lookedUp, turn);
                if (record.IsDecided) turn.Send(EntityId.Parse(command.Sender), TransactionReplies.Decision(record, command.Sender));
                break;
            default: throw new ArgumentException($"{command.BodyCase} is about no single transaction", nameof(command));
        }
    }

    private void Run(TransactionRequest request, Call call, TransactionRecord? known, OutcomeLookedUp? lookedUp, Turn turn)
    {
        var plan = new TransactionPlan(request);
        var id = request.TransactionId;
        if (known is not null)
        {
            if (known.Started is not null && !known.PayloadHash.Equals(plan.PayloadHash))
                turn.Answer(call, Replies.Failure(ErrorCode.InvalidArgument, "transactionId was used before with another payload"));
            else if (known.IsDecided) turn.Answer(call, TransactionReplies.Outcome(known));
            else driver.Await(id, call, turn);
        }
        else if (!plan.Participants.Any())
        {
            // Nobody would ever vote for it, nor acknowledge how it ended.
            turn.Answer(call, Replies.Failure(ErrorCode.InvalidArgument, "a transaction has at least one condition or operation"));
        }
        else if (rules.OutcomeLookUp && times.IsForgotten(id, lookedUp, turn.Stamp.TimeMs)) turn.Answer(call, TransactionReplies.Forgotten(id));
        else if (OutcomeTimes.IsAhead(id, turn.Stamp.TimeMs) is { } seconds)
        {
            if (table.Ahead >= AheadAtMost)
            {
                turn.Answer(call, TooManyAhead(seconds));
                return;
            }
            // Closed, so that no earlier attempt is run when the clock has caught up.
            Close(id, AbortReason.Ahead, lookedUp, turn);
            turn.Answer(call, Replies.Failure(ErrorCode.InvalidArgument,
                $"transactionId carries an issue time {seconds} s ahead of this node's clock; the limit is {Limits.ClockAheadSeconds}"));
        }
        else if (driver.Drives.Count >= UnsettledAtMost)
            // A refusal is not stored here, and an earlier attempt may still come when there is room: of a repeat, only this attempt's end is certain.
            turn.Answer(call, Replies.Failure(call.Attempt > 1 ? ErrorCode.Unavailable : ErrorCode.LimitExceeded, $"{UnsettledAtMost} transactions are open in this slot, which is the limit"));
        else driver.Start(plan, request.DeadlineSeconds == 0 ? Limits.TransactionDeadlineDefaultSeconds : request.DeadlineSeconds, call, turn);
    }

    private static Reply TooManyAhead(long seconds) =>
        Replies.Failure(ErrorCode.Unavailable, $"transactionId carries an issue time {seconds} s ahead of this node's clock, and this slot keeps {AheadAtMost} such outcomes already");

    /// <summary>From now on nobody runs it.</summary>
    private TransactionRecord Close(string transactionId, string reason, OutcomeLookedUp? lookedUp, Turn turn)
    {
        var forgotten = rules.OutcomeLookUp && times.IsForgotten(transactionId, lookedUp, turn.Stamp.TimeMs);
        turn.Emit(new Event { TransactionAborted = new TransactionAborted { TransactionId = transactionId, Reason = reason, Forgotten = forgotten } });
        return table.Find(transactionId)!;
    }

    public void Apply(Event @event, Stamp stamp) => table.Apply(@event, stamp);

    public void Restore(Snapshot snapshot)
    {
        if (snapshot.StateCase != Snapshot.StateOneofCase.Transactions) throw new InvalidHistoryException($"a transaction slot has no snapshot of {snapshot.StateCase}");
        table.Restore(snapshot.Transactions);
    }

    public void Save(Snapshot snapshot) => snapshot.Transactions = table.Save();
}
