using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// One slot of sessions. A session ends by its own persisted <c>SessionEnded</c> (closed, or not kept alive for its time to live) and by
/// nothing else. Deadlines are in memory: an activation starts every time to live anew, and a timer that fires late adds the lateness,
/// so the time to live is a lower bound whatever happens to the node. It also drives the acquireAlls of its sessions.
/// </summary>
internal sealed class SessionSlotMachine : IMachine, IParticipantHost
{
    private const long TickMs = 200;
    private const long LateMs = 50;

    // Locks that only want to hear of the end of a session ask no more often than so, all together; and each as often as that, since an activation does not know whom the one before had to tell.
    private const long MsForAQuestion = 50;
    private const long RecheckAtMostMs = 30_000;

    private const long SilentMs = 90_000;
    private const long LeaveSilentEveryMs = 10_000;

    // Those whose word is kept count against the limit of locks for a moment longer: far from it, nobody notices.
    private const int WordKeptUpTo = Limits.LocksPerSession / 5;

    private readonly RuleSwitches rules;
    private readonly Participant participant;
    private readonly Dictionary<string, Session> sessions = new(StringComparer.Ordinal);
    private readonly Farewells farewells = new();
    private readonly MultiLocks multiLocks;
    private readonly FlowHints flows = new();
    private readonly LostHoldings lostHoldings = new();
    private long? tickAtMs;
    private long leaveSilentAtMs;
    private uint recheckMs;
    private long fenceFloor;

    public SessionSlotMachine(RuleSwitches rules)
    {
        this.rules = rules;
        participant = new Participant(this, rules);
        multiLocks = new MultiLocks(rules, id => sessions.GetValueOrDefault(id));
    }

    public long? WakeAtMs =>
        Math.Min(Math.Min(tickAtMs ?? long.MaxValue, participant.WakeAtMs ?? long.MaxValue), multiLocks.WakeAtMs ?? long.MaxValue) is var wake and < long.MaxValue ? wake : null;

    public bool IsIdle => false;

    public bool Knows(string requestId) => multiLocks.Knows(requestId);

    public bool IsReadOfNothing(Command command) => false;

    public Levels Levels => new(Sessions: sessions.Count);

    public void Activated(Turn turn)
    {
        foreach (var session in sessions.Values) session.DeadlineMs = turn.At.MonoMs + session.Created.TtlMs;
        participant.Activated(turn);
        multiLocks.Activated(turn);
        Schedule(turn);
    }

    public void Tick(Turn turn)
    {
        participant.Tick(turn);
        multiLocks.Tick(turn);
        if (tickAtMs <= turn.At.MonoMs) TickSessions(tickAtMs.Value, turn);
        participant.LandWith(turn);
    }

    private void TickSessions(long due, Turn turn)
    {
        // What a timer is late by as a rule is no standing still; adding it each time would stretch long sessions.
        var lateMs = turn.At.MonoMs - due is var late and > LateMs ? late : 0;
        foreach (var session in sessions.Values.ToArray())
        {
            session.DeadlineMs += lateMs;
            if (session.DeadlineMs <= turn.At.MonoMs) End(session, "expiry", turn);
        }
        farewells.Tick(turn);
        LeaveSilent(turn.At.MonoMs);
        recheckMs = (uint)Math.Min(RecheckAtMostMs, sessions.Values.Sum(s => (long)s.Attached.Count) * MsForAQuestion);
        flows.Forget(turn.At.MonoMs, sessions.ContainsKey);
        Schedule(turn);
    }

    /// <summary>Who holds or waits asks again, at the latest after <see cref="RecheckAtMostMs"/> and a lost question: who has not has ended without a word, and would be attached as long as the session lives.</summary>
    private void LeaveSilent(long nowMs)
    {
        if (nowMs < leaveSilentAtMs) return;
        leaveSilentAtMs = nowMs + LeaveSilentEveryMs;
        foreach (var session in sessions.Values)
            foreach (var (silent, _) in session.Attached.Where(a => nowMs - a.Value.HeardAtMs >= SilentMs).ToArray()) session.Attached.Remove(silent);
    }

    private void Schedule(Turn turn) => tickAtMs = sessions.Count == 0 && farewells.IsEmpty ? null : turn.At.MonoMs + TickMs;

    public bool HasUnstored => participant.HasUnstored;

    public void Leaving(Turn turn) => participant.Land(turn);

    public void Handle(Command command, Call call, Turn turn)
    {
        if (command.BodyCase == Command.BodyOneofCase.CloseSession) participant.Land(turn);
        Dispatch(command, call, turn);
        participant.LandWith(turn);
    }

    private void Dispatch(Command command, Call call, Turn turn)
    {
        if (participant.Handle(command, turn) || multiLocks.Handle(command, call, turn) || flows.Handle(command, turn)) return;
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.Wake: turn.Answer(call, new Reply { Awake = new Awake() }); break;
            case Command.BodyOneofCase.CreateSession: Create(command.CreateSession, call, turn); break;
            case Command.BodyOneofCase.KeepAlive: turn.Answer(call, KeepAlive(command.KeepAlive, turn)); break;
            case Command.BodyOneofCase.GetSession: turn.Answer(call, Get(command.GetSession.SessionId, turn)); break;
            case Command.BodyOneofCase.ListSessions: turn.Answer(call, SessionReplies.Page(sessions.Values, command.ListSessions, turn.At.MonoMs)); break;
            case Command.BodyOneofCase.CloseSession: Close(command.CloseSession.SessionId, call, turn); break;
            case Command.BodyOneofCase.AskLiveness: AskLiveness(command.AskLiveness, EntityId.Parse(command.Sender), turn); break;
            case Command.BodyOneofCase.Detach: Detach(command.Detach, EntityId.Parse(command.Sender)); break;
            case Command.BodyOneofCase.HoldingLost:
                lostHoldings.Add(command.HoldingLost, EntityId.Parse(command.Sender), sessions.ContainsKey(command.HoldingLost.SessionId), turn);
                break;
            case Command.BodyOneofCase.RestoreSlot: turn.Answer(call, RaiseFences(command.RestoreSlot.FenceFloor, turn)); break;
            case Command.BodyOneofCase.SessionGoneSeen: farewells.Seen(command.SessionGoneSeen.SessionId, EntityId.Parse(command.Sender)); break;
            default: throw new ArgumentException($"a session slot takes no {command.BodyCase}", nameof(command));
        }
        if (tickAtMs is null) Schedule(turn);
    }

    /// <summary>From now on every lock that asks after a session hears of it before it grants anything: also one that no backup knows, since it was first taken after that was made.</summary>
    private Reply RaiseFences(long backedUp, Turn turn)
    {
        var floor = backedUp + (rules.RestoreAbove ? Limits.RestoreJump : 0);
        if (floor > fenceFloor) turn.Emit(new Event { FenceFloorRaised = new FenceFloorRaised { Fence = floor } });
        return new Reply { Restored = new Restored() };
    }

    private void Create(CreateSession create, Call call, Turn turn)
    {
        var ttlMs = (long)Math.Round((create.Request.TtlSeconds == 0 ? Limits.SessionTtlDefaultSeconds : create.Request.TtlSeconds) * 1000);
        turn.Emit(new Event { SessionCreated = new SessionCreated { SessionId = create.SessionId, TtlMs = ttlMs, Label = create.Request.Label } });
        sessions[create.SessionId].DeadlineMs = turn.At.MonoMs + ttlMs;
        turn.Answer(call, new Reply { CreateSession = new CreateSessionResponse { SessionId = create.SessionId, TtlSeconds = ttlMs / 1000.0 } });
    }

    private Reply KeepAlive(KeepAliveRequest request, Turn turn)
    {
        var sessionId = request.SessionId;
        if (!sessions.TryGetValue(sessionId, out var session)) return SessionReplies.Gone(sessionId);
        if (session.Ending is not null) return Replies.Failure(ErrorCode.Unavailable, $"session '{sessionId}' is ending");
        session.DeadlineMs = turn.At.MonoMs + session.Created.TtlMs;
        var answer = new KeepAliveResponse { TtlSeconds = session.Created.TtlMs / 1000.0 };
        lostHoldings.Tell(request, answer, turn);
        return new Reply { KeepAlive = answer };
    }

    private Reply Get(string sessionId, Turn turn) =>
        sessions.TryGetValue(sessionId, out var session) ? SessionReplies.WithLocks(session, turn.At.MonoMs) : SessionReplies.Gone(sessionId);

    private void Close(string sessionId, Call call, Turn turn)
    {
        if (!sessions.TryGetValue(sessionId, out var session))
        {
            turn.Answer(call, SessionReplies.Gone(sessionId));
            return;
        }
        session.Closers.Add(call);
        End(session, "close", turn);
    }

    private void AskLiveness(AskLiveness asked, EntityId asker, Turn turn)
    {
        var liveness = new Liveness { SessionId = asked.SessionId, Question = asked.Question, FenceFloor = fenceFloor };
        if (sessions.TryGetValue(asked.SessionId, out var session))
        {
            liveness.Alive = true;
            liveness.RemainingMs = Math.Max(0, session.DeadlineMs - turn.At.MonoMs);
            liveness.Full = session.Attached.Count >= Limits.LocksPerSession && !session.Attached.ContainsKey(asker);
            if (!liveness.Full) session.Attached[asker] = (asked.Question, turn.At.MonoMs);
            liveness.RecheckMs = recheckMs;
            liveness.KeepWord = session.Ending is null && session.Attached.Count < WordKeptUpTo;
        }
        turn.Send(asker, new Command { Liveness = liveness });
    }

    /// <summary>Unless the lock has asked again since: its questions go out before their row is durable, and overtake the leaving that was decided before them.</summary>
    private void Detach(Detach left, EntityId by)
    {
        if (!sessions.TryGetValue(left.SessionId, out var session) || !session.Attached.TryGetValue(by, out var last)) return;
        if (left.LastQuestion == 0 || left.LastQuestion >= last.LastQuestion) session.Attached.Remove(by);
    }

    private void End(Session session, string reason, Turn turn)
    {
        session.Ending ??= reason;
        var sessionId = session.Created.SessionId;
        if (participant.BlocksWrite(sessionId)) return;
        multiLocks.Ending(sessionId, turn);
        turn.Emit(new Event { SessionEnded = new SessionEnded { SessionId = sessionId, Reason = session.Ending } });
        foreach (var closer in session.Closers)
            turn.Answer(closer, new Reply { CloseSession = new CloseSessionResponse { SessionId = sessionId } });
        farewells.Begin(sessionId, [.. session.Attached.Keys], turn);
    }

    public IReadOnlyList<Intent> IntentsOf(Prepare prepare) =>
        rules.ConditionIntents ? [.. prepare.Conditions.Select(c => c.Condition.Session).Distinct(StringComparer.Ordinal).Select(s => new Intent { Resource = s })] : [];

    public bool Holds(Condition condition) => sessions.ContainsKey(condition.Session);

    public PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp) => new() { Result = new BranchResult() };

    public bool IsClosing(string resource) => sessions.TryGetValue(resource, out var session) && session.Ending is not null;

    public void Write(KeyWritten write) => throw new InvalidHistoryException("a session slot has no value");

    public void IntentsFreed(Turn turn)
    {
        foreach (var session in sessions.Values.Where(s => s.Ending is not null).ToArray()) End(session, session.Ending!, turn);
    }

    public void Apply(Event @event, Stamp stamp)
    {
        if (participant.Apply(@event, stamp) || multiLocks.Apply(@event, stamp)) return;
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.SessionCreated:
                if (!sessions.TryAdd(@event.SessionCreated.SessionId, new Session(@event.SessionCreated)))
                    throw new InvalidHistoryException($"session {@event.SessionCreated.SessionId} was created twice");
                break;
            case Event.BodyOneofCase.SessionEnded:
                lostHoldings.Forget(@event.SessionEnded.SessionId);
                if (!sessions.Remove(@event.SessionEnded.SessionId)) throw new InvalidHistoryException($"session {@event.SessionEnded.SessionId} ended without being there");
                break;
            case Event.BodyOneofCase.FenceFloorRaised: fenceFloor = @event.FenceFloorRaised.Fence; break;
            default: throw new InvalidHistoryException($"a session slot has no {@event.BodyCase}");
        }
    }

    public void Restore(Snapshot snapshot)
    {
        if (snapshot.StateCase != Snapshot.StateOneofCase.Sessions) throw new InvalidHistoryException($"a session slot has no snapshot of {snapshot.StateCase}");
        foreach (var created in snapshot.Sessions.Sessions) sessions.Add(created.SessionId, new Session(created));
        participant.Restore(snapshot.Sessions.Participant);
        multiLocks.Restore(snapshot.Sessions.MultiLocks);
        fenceFloor = snapshot.Sessions.FenceFloor;
    }

    public void Save(Snapshot snapshot)
    {
        snapshot.Sessions = new SessionSlotSnapshot { Participant = participant.Save(), FenceFloor = fenceFloor };
        snapshot.Sessions.Sessions.AddRange(sessions.Values.Select(s => s.Created));
        snapshot.Sessions.MultiLocks.AddRange(multiLocks.Save());
    }
}
