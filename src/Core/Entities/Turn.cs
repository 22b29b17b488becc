using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Entities;

/// <summary>
/// One command's turn: the machine records here what is to happen. Events are applied as they are recorded, so that the rest of the turn sees them;
/// nothing leaves before the row that holds them is durable, save what is said to go now.
/// </summary>
public sealed class Turn
{
    private readonly IMachine machine;
    private readonly string name;
    private readonly List<Effect> now;
    private readonly List<Effect> afterwards;
    private readonly Outcomes known;
    private readonly RuleSwitches rules;
    private readonly string traceparent;
    private Envelope? recorded;
    private bool rowNeeded;

    internal Turn(EntityId self, string name, IMachine machine, Moment at, Stamp stamp, long durableSequenceNr, Outcomes known, RuleSwitches rules, List<Effect> now, List<Effect> afterwards, string traceparent)
    {
        Self = self;
        this.name = name;
        this.machine = machine;
        At = at;
        Stamp = stamp;
        DurableSequenceNr = durableSequenceNr;
        this.known = known;
        this.rules = rules;
        this.now = now;
        this.afterwards = afterwards;
        this.traceparent = traceparent;
    }

    /// <summary>The entity whose turn it is.</summary>
    public EntityId Self { get; }

    /// <summary>When it is decided.</summary>
    public Moment At { get; }

    /// <summary>The row that this turn's events will be in.</summary>
    public Stamp Stamp { get; }

    /// <summary>Rows up to here are durable.</summary>
    public long DurableSequenceNr { get; }

    /// <summary>Whether this turn writes a row: what is in no hurry may go with it.</summary>
    public bool WritesRow => recorded is { Events.Count: > 0 } || rowNeeded;

    private Envelope Recorded => recorded ??= new Envelope();

    /// <summary>Records an event and applies it.</summary>
    public void Emit(Event @event)
    {
        machine.Apply(@event, Stamp);
        Recorded.Events.Add(@event);
    }

    /// <summary>Answers when the row is durable. A repeat of the request gets the same answer.</summary>
    public void Answer(Call call, Reply reply) => Answer(call, reply, remembered: reply.Failure?.Code is not (ErrorCode.Unavailable or ErrorCode.OutcomeUnknown));

    /// <summary>Answers when the row is durable, but a repeat will be decided anew: the request is still open, or certainly not begun.</summary>
    public void AnswerForNow(Call call, Reply reply) => Answer(call, reply, remembered: false);

    /// <summary>Answers before this turn's row is durable. Only for what rests on rows that are durable already.</summary>
    public void AnswerAtOnce(Call call, Reply reply) => now.Add(Answered(call, reply));

    /// <summary>Sends when the row is durable.</summary>
    public void Send(EntityId to, Command command) => afterwards.Add(Addressed(to, command));

    /// <summary>Sends before the row is durable. Only for what may turn out never to have been.</summary>
    public void SendAtOnce(EntityId to, Command command) => now.Add(Addressed(to, command));

    /// <summary>Puts outcomes into the table, once all that they rest on is durable.</summary>
    public void Archive(long number, IReadOnlyList<ArchivedOutcome> outcomes) => afterwards.Add(new ArchiveEffect(number, outcomes));

    /// <summary>Looks for an outcome in the table, at once.</summary>
    public void LookUp(long number, string transactionId) => now.Add(new LookUpEffect(number, transactionId));

    /// <summary>Reads the rows of a participant, once this activation has its claim.</summary>
    public void ReadParticipant(long number, EntityId participant, TransactionStarted started) => afterwards.Add(new ReadParticipantEffect(number, participant, started));

    /// <summary>Counts something that no row and no message tells of.</summary>
    public void Count(Counted what) => now.Add(new CountEffect(what));

    /// <summary>Makes this the answer to any later call with this request id, up to this attempt, whatever its payload.</summary>
    public void Settle(string requestId, Reply reply, uint upToAttempt = uint.MaxValue)
    {
        Recorded.Outcomes.Add(new Outcome { RequestId = requestId, Attempt = upToAttempt, Reply = reply, KeepUntilMs = KeepUntil(requestId) });
        rowNeeded = true;
    }

    /// <summary>The last attempt of this request that was given a remembered answer; null when none is remembered.</summary>
    public uint? LastAttemptAnswered(string requestId) => known.Find(requestId)?.Attempt;

    internal Envelope? Row(long epoch, Call call)
    {
        if (!WritesRow) return null;
        var row = Recorded;
        (row.Schema, row.Epoch, row.TimeMs, row.RequestId, row.Attempt) = (Entity.Schema, epoch, Stamp.TimeMs, call.RequestId, call.Attempt);
        return row;
    }

    private void Answer(Call call, Reply reply, bool remembered)
    {
        afterwards.Add(Answered(call, reply));
        if (!remembered || !call.IsMutation || call.RequestId.Length == 0) return;
        Recorded.Outcomes.Add(new Outcome
        {
            RequestId = call.RequestId, Attempt = call.Attempt, PayloadHash = call.PayloadHash, Reply = reply, KeepUntilMs = KeepUntil(call.RequestId),
        });
        // A repeat's answer is always stored: else a first attempt that is still on its way could act after it.
        if (call.Attempt >= 2 && rules.PersistedRefusals) rowNeeded = true;
    }

    private long KeepUntil(string requestId) => Math.Max(Math.Max(Stamp.TimeMs, known.FloorMs), RequestIdTime.IssuedAtMs(requestId) ?? 0);

    private Effect Answered(Call call, Reply reply) => call.Asker is { } asker
        ? Addressed(asker.Entity, new Command { LockAnswer = new LockAnswer { RequestId = asker.RequestId, Attempt = call.Attempt, Reply = reply } })
        : new AnswerEffect(call, reply);

    private SendEffect Addressed(EntityId to, Command command)
    {
        command.Entity = to.ToString();
        command.Sender = name;
        // What comes of a command belongs to its trace.
        command.Traceparent = traceparent;
        return new SendEffect(to, command);
    }
}
