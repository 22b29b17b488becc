using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>A slot and the table of older outcomes, with transactions that were run and settled.</summary>
sealed class OutcomeScenario
{
    public const long MinuteMs = 60_000;
    public const long DayMs = 24 * 60 * MinuteMs;

    /// <summary>What is in the table.</summary>
    public Dictionary<string, StoredTransaction> Table { get; } = [];

    /// <summary>Before this, some may have been deleted there.</summary>
    public long DeletedBeforeMs { get; set; }

    public Scenario Slot { get; }

    public OutcomeScenario(RuleSwitches? rules = null) => Slot = Scenario.Fresh(Make.Coordinator, rules: rules, times: new OutcomeTimes(SettleMs: 500));

    public static Command Get(string id) => new() { GetTransaction = new GetTransactionRequest { TransactionId = id } };

    public static Command Resolve(string id) => new() { ResolveTransaction = new ResolveTransactionRequest { TransactionId = id } };

    public static Command InDoubt(string id) => Make.From(EntityId.Key("a"), new Command { InDoubt = new InDoubt { TransactionId = id, Attempt = 1 } });

    public static Command Run(string id) => CoordinatorVoteTests.Run(id);

    /// <summary>Another payload.</summary>
    public static Command RunOther(string id)
    {
        var other = Run(id);
        other.RunTransaction.Then.Add(Make.GetOp("c"));
        return other;
    }

    /// <summary>The command, and if the slot looks the id up, what it does with the table's answer.</summary>
    public Reply Ask(Command command)
    {
        var asked = Slot.When(command);
        return LookUpOf(asked) is { } lookUp ? Slot.When(Answer(lookUp)).ReplyTo(asked) : asked.Reply();
    }

    public static LookUpEffect? LookUpOf(Then then) => then.Batch.Now.OfType<LookUpEffect>().SingleOrDefault();

    public Command Answer(LookUpEffect lookUp) => new()
    {
        Sender = "node",
        OutcomeLookedUp = new OutcomeLookedUp
        {
            Number = lookUp.Number, TransactionId = lookUp.TransactionId, Answered = true, Stored = Table.TryGetValue(lookUp.TransactionId, out var stored) ? stored.ToByteString() : ByteString.Empty,
            // The database's clock is right, whatever the slot's is.
            DeletedBeforeMs = DeletedBeforeMs, NowMs = Scenario.StartMs + Slot.ElapsedMs,
        },
    };

    /// <summary>Runs it to its end: committed, and settled.</summary>
    public void Commit(string id)
    {
        var run = Slot.When(Run(id));
        if (LookUpOf(run) is { } lookUp) Slot.When(Answer(lookUp));
        Slot.When(CoordinatorVoteTests.Yes(id, "kv/a", 1), CoordinatorVoteTests.Yes(id, "kv/b", 1));
        foreach (var participant in (string[])["kv/a", "kv/b"])
            Slot.When(Make.From(EntityId.Parse(participant), new Command { DecisionSeen = new DecisionSeen { TransactionId = id } }));
        Slot.WhenTimePasses(500);
    }

    /// <summary>Time passes, and what the slot puts into the table gets there.</summary>
    public IReadOnlyList<string> ArchiveAfter(long ms)
    {
        if (Slot.WhenTimePasses(ms).Batch.Afterwards.OfType<ArchiveEffect>().SingleOrDefault() is not { } effect) return [];
        Store(effect);
        Slot.When(Stored(effect));
        return [.. effect.Outcomes.Select(o => o.TransactionId)];
    }

    public void Store(ArchiveEffect effect)
    {
        foreach (var outcome in effect.Outcomes) Table[outcome.TransactionId] = StoredTransaction.Parser.ParseFrom(outcome.Record.ToByteArray());
    }

    public static Command Stored(ArchiveEffect effect, bool stored = true) =>
        new() { Sender = "node", OutcomesArchived = new OutcomesArchived { Number = effect.Number, Stored = stored } };

    /// <summary>How many transactions the slot has in its memory, and so in its snapshots.</summary>
    public int InSlot => Slot.Entity.TakeSnapshot().Transactions.Transactions.Count;
}
