using System.Diagnostics;
using Akka.Actor;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Telemetry;

namespace AkkaHa.Node.Entities;

/// <summary>What waits for an entity's next batch, and who waits for an answer of a batch that was taken.</summary>
internal sealed class CommandQueue(EntityMeter meter, TurnTraces traces, Admission admission)
{
    private const int AtMost = 20_000;

    private readonly Queue<(IActorRef Caller, Command Command, Activity? Trace)> queue = new();
    private readonly Dictionary<long, (IActorRef Caller, bool IsMutation)> callers = [];
    private long lastCallId;
    private int storing;
    private int left;
    private YoungCalls.Generation? recovering;

    /// <summary>How many commands wait.</summary>
    public int Count => queue.Count;

    /// <summary>Who has not been answered, of what was taken, and whether it may have changed something.</summary>
    public IEnumerable<(IActorRef Caller, bool IsMutation)> Unanswered => callers.Values;

    /// <summary>What a command is refused with that has just come to this entity; null: it may be added.</summary>
    public Messages.Internal.Failure? Refusal(Command command, string entity)
    {
        var refusal = queue.Count >= AtMost
            ? new Messages.Internal.Failure { Code = ErrorCode.Unavailable, Message = $"{AtMost} requests wait for '{entity}' already" }
            : admission.Refusal(command);
        if (refusal is not null) command.EndWait();
        return refusal;
    }

    /// <summary>The entity begins to read its history: what comes meanwhile waits elsewhere, and is refused or added when that is done.</summary>
    public void BeginRecovery() => recovering = admission.Recovering();

    /// <summary>It has.</summary>
    public void EndRecovery()
    {
        recovering?.Leave();
        recovering = null;
    }

    public void Add(IActorRef caller, Command command)
    {
        // Behind a write of its entity it waits for the journal, which is counted by rows.
        if (storing > 0) command.EndWait();
        queue.Enqueue((caller, command, NodeTracing.Turn(command)));
    }

    /// <summary>Leaves all of it undecided for now, if the entity may. What is left is not counted any more among what waits for its turn here, and may be left until the next batch is taken.</summary>
    public bool TryLeave(Entity entity, Moment now)
    {
        var place = 0;
        foreach (var (_, command, _) in queue)
        {
            if (++place <= left) continue;
            if (!entity.MayWait(command, now)) return false;
            left = place;
            command.ArrivedAt = 0;
            if (command.EndWait()) admission.Decided(1);
        }
        return true;
    }

    /// <summary>The next batch, in the order of arrival; each call that wants an answer gets a number.</summary>
    public IReadOnlyList<Incoming> Take(int atMost)
    {
        var incoming = new List<Incoming>(Math.Min(queue.Count, atMost));
        var (arrivedAt, decided) = (0L, 0);
        left = 0;
        while (incoming.Count < atMost && queue.TryDequeue(out var next))
        {
            traces.Enter(next.Trace);
            arrivedAt = Math.Max(arrivedAt, next.Command.ArrivedAt);
            if (next.Command.EndWait()) decided++;
            var callId = 0L;
            if (CommandKinds.HasCaller(next.Command) && !next.Caller.IsNobody())
            {
                callId = ++lastCallId;
                callers[callId] = (next.Caller, CommandKinds.IsMutation(next.Command));
            }
            incoming.Add(new Incoming(callId, next.Command));
        }
        // The last that came has waited least.
        if (arrivedAt > 0) admission.WaitedSince(Wait.Entity, arrivedAt);
        admission.Decided(decided);
        return incoming;
    }

    /// <summary>The batch that was taken last has so many rows, which begin to be written.</summary>
    public void Persisting(int rows)
    {
        traces.Persisting(rows);
        meter.Persisting();
        storing = rows;
        admission.Storing(rows);
    }

    /// <summary>They are durable; decided then.</summary>
    public void Persisted(long decidedAt)
    {
        admission.Stored(storing, decidedAt);
        storing = 0;
    }

    /// <summary>Whom to answer this call, once.</summary>
    public bool TryAnswer(Call call, out IActorRef caller)
    {
        var waits = callers.Remove(call.Id, out var one);
        caller = one.Caller;
        return waits;
    }

    /// <summary>What waits is not decided any more, and nobody waits for the rows, or for the history to be read.</summary>
    public void Clear(Action<IActorRef, Command> refuse)
    {
        EndRecovery();
        admission.Abandoned(storing);
        (storing, left) = (0, 0);
        while (queue.TryDequeue(out var waiting))
        {
            refuse(waiting.Caller, waiting.Command);
            TurnTraces.Stop(waiting.Trace);
        }
        Tell();
    }

    /// <summary>For those who count.</summary>
    public void Tell() => meter.Waiting(queue.Count);
}
