using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

/// <summary>
/// Given, when, then over one entity: given rows of its journal, when commands come, then rows and effects. Rows are durable at once unless the scenario
/// says that it holds them back.
/// </summary>
sealed class Scenario
{
    public const long StartMs = 1_800_000_000_000;

    private readonly List<Envelope> journal = [];
    private readonly EntityId id;
    private readonly RuleSwitches? rules;
    private readonly OutcomeTimes? times;
    private Entity entity;
    private long elapsedMs;
    private long wallBackMs;
    private long lastCall;

    private Scenario(EntityId id, long epoch, bool dirty, RuleSwitches? rules, IEnumerable<Envelope> rows, OutcomeTimes? times = null)
    {
        this.times = times;
        this.id = id;
        this.rules = rules;
        journal.AddRange(rows);
        entity = Activate(epoch, dirty);
    }

    public Recovered Recovered { get; private set; }

    public Entity Entity => entity;

    public IReadOnlyList<Envelope> Journal => journal;

    public long ElapsedMs => elapsedMs;

    public Moment Now => new(StartMs + elapsedMs - wallBackMs, 1_000 + elapsedMs, IsWatched);

    /// <summary>Whether somebody waits for rows of keys, as far as the node knows.</summary>
    public bool IsWatched { get; set; } = true;

    /// <summary>An entity that nobody ever spoke to.</summary>
    public static Scenario Fresh(EntityId id, long epoch = 1, RuleSwitches? rules = null, OutcomeTimes? times = null) => new(id, epoch, false, rules, [], times);

    /// <summary>An entity with these rows, each of one command, under an earlier epoch unless said otherwise.</summary>
    public static Scenario Given(EntityId id, IEnumerable<Envelope> rows, long epoch = 2, bool dirty = false, RuleSwitches? rules = null) => new(id, epoch, dirty, rules, rows);

    public static Envelope Row(long epoch, params Event[] events) => new() { Schema = 1, Epoch = epoch, TimeMs = StartMs - 1000, Events = { events } };

    public Scenario After(long ms)
    {
        elapsedMs += ms;
        return this;
    }

    /// <summary>The wall clock is set back, or another node's is behind.</summary>
    public void WallClockBack(long ms) => wallBackMs += ms;

    /// <summary>The activation ends, and another takes its place with what is durable.</summary>
    public Scenario Restart(long? epoch = null, bool dirty = false)
    {
        entity = Activate(epoch ?? entity.Epoch, dirty);
        return this;
    }

    /// <summary>The same through a snapshot, which must carry all that the rows do.</summary>
    public Scenario RestartFromSnapshot(long? epoch = null)
    {
        var snapshot = Snapshot.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(entity.TakeSnapshot()));
        var next = new Entity(id, Machines.For(id, rules, times), epoch ?? entity.Epoch, false, rules);
        next.RecoverSnapshot(entity.DurableSequenceNr, snapshot);
        Recovered = next.FinishRecovery(journal.Count);
        entity = next;
        return this;
    }

    /// <summary>Commands in one batch, made durable at once.</summary>
    public Then When(params Command[] commands)
    {
        var then = WhenHeldBack(commands);
        then.Stored();
        return then;
    }

    /// <summary>Commands in one batch, whose rows are not durable until <see cref="Then.Stored"/>.</summary>
    public Then WhenHeldBack(params Command[] commands)
    {
        // The host copies the bytes; so that nothing is shared, the scenario does too.
        var first = lastCall + 1;
        var incoming = commands.Select(c => new Incoming(++lastCall, c.Clone())).ToArray();
        return new Then(entity.Decide(incoming, Now), first, rows =>
        {
            journal.AddRange(rows.Select(r => r.Clone()));
            entity.Persisted();
        });
    }

    /// <summary>A commit, and its time to be applied even though nothing follows.</summary>
    public Then WhenApplied(Command commit)
    {
        When(commit);
        return WhenTimePasses(DueEndings.FoldMs);
    }

    /// <summary>A Prepare with an older one in its way, and the end of its patience.</summary>
    public Then WhenTooYoung(Command prepare)
    {
        Assert.Empty(When(prepare).Votes());
        return WhenTimePasses(ShortWaits.AtMostMs);
    }

    /// <summary>Time passes and the entity is woken if it wants to be.</summary>
    public Then WhenTimePasses(long ms)
    {
        elapsedMs += ms;
        return When();
    }

    private Entity Activate(long epoch, bool dirty)
    {
        var next = new Entity(id, Machines.For(id, rules, times), epoch, dirty, rules);
        for (var i = 0; i < journal.Count; i++) next.RecoverRow(i + 1, journal[i].Clone());
        Recovered = next.FinishRecovery(journal.Count);
        return next;
    }
}

/// <summary>What a batch came to.</summary>
sealed class Then(Batch batch, long firstCall, Action<IReadOnlyList<Envelope>> store)
{
    public Batch Batch => batch;

    public IReadOnlyList<Event> Events => [.. batch.Rows.SelectMany(r => r.Events)];

    public IReadOnlyList<Event.BodyOneofCase> Kinds => [.. Events.Select(e => e.BodyCase)];

    /// <summary>What is sent to other entities, at once or afterwards.</summary>
    public IReadOnlyList<SendEffect> Sent => [.. batch.Now.Concat(batch.Afterwards).OfType<SendEffect>()];

    public void Stored()
    {
        if (batch.Rows.Count > 0) store(batch.Rows);
    }

    /// <summary>The one answer to the command with this place in the batch.</summary>
    public Reply Reply(int place = 0) => batch.Now.Concat(batch.Afterwards).OfType<AnswerEffect>().Single(a => a.Call.Id == firstCall + place).Reply;

    /// <summary>The one answer to a call of an earlier batch.</summary>
    public Reply ReplyTo(Then earlier, int place = 0) => batch.Now.Concat(batch.Afterwards).OfType<AnswerEffect>().Single(a => a.Call.Id == earlier.FirstCall + place).Reply;

    public bool Answers(Then earlier, int place = 0) => batch.Now.Concat(batch.Afterwards).OfType<AnswerEffect>().Any(a => a.Call.Id == earlier.FirstCall + place);

    public ErrorCode? Code(int place = 0) => Reply(place).Failure?.Code;

    private long FirstCall => firstCall;
}
