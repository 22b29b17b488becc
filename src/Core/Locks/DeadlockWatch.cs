using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Locks;

/// <summary>
/// Looks for circles of waits through this lock, by edge chasing (Chandy, Misra, Haas 1983): a lock that is waited for asks where its holders wait themselves, those locks ask on, and when
/// the question comes back a circle has been found. A second pass around it, begun when the first was over, asks each lock for the very same wait and holding: as neither comes back once
/// it has gone, all were there at one moment. Then the youngest waiter is refused with DEADLOCK (ADR 0019). All in memory: what gets lost is looked for again.
/// </summary>
internal sealed class DeadlockWatch(string name, RuleSwitches rules, LockWaits waits, Action<Wait, IReadOnlyList<WaitEdge>, Turn> refuse)
{
    /// <summary>Most waits are over by then, and cost nothing.</summary>
    private const long FirstLookMs = 150;

    /// <summary>The last who closes a circle looks soon after, and again in case that something was on its way; who has waited for long looks for what got lost.</summary>
    private const long LooksMostMs = 2000;

    /// <summary>What looking may cost, however often somebody begins to wait. A lock with so many holders looks later than within a second.</summary>
    private const int QuestionsASecond = 1000;

    private const long HintEveryMs = 2000;
    private const long AnswersKeptMs = 5000;
    private const int HopsAtMost = 64;

    private readonly Dictionary<(string SessionId, string FlowId), long> hintedAtMs = [];
    private readonly Dictionary<(string Origin, ulong Question), Forwarded> forwarded = [];
    private readonly Dictionary<string, (Call Call, string Behind, ulong Number)> numbered = new(StringComparer.Ordinal);
    private long? lookAtMs;
    private long intervalMs = FirstLookMs;
    private long notBeforeMs = long.MinValue;
    private ulong lastNumber;
    private long lastGrant;

    private sealed record Forwarded(long AtMs, HashSet<long> Fences);

    public long WakeAtMs => lookAtMs ?? long.MaxValue;

    /// <summary>Somebody with a flow id has asked. It brings the next look forward, and never puts it off: those who come all the time don't keep the others from being found.</summary>
    public void Expect(Turn turn)
    {
        intervalMs = FirstLookMs;
        lookAtMs = Math.Min(lookAtMs ?? long.MaxValue, Math.Max(notBeforeMs, turn.At.MonoMs + FirstLookMs));
    }

    /// <summary>A grant while others wait closes a circle if the new holder waits elsewhere at the same time, as for several locks at once from one flow.</summary>
    public void Notice(Turn turn)
    {
        if (waits.LastGrant is var grant && grant == lastGrant) return;
        // Several may have been granted at once.
        var before = lastGrant;
        lastGrant = grant;
        if (waits.AnyForHoldersAbove(before)) Expect(turn);
    }

    public void Activated(Turn turn)
    {
        lastGrant = waits.LastGrant;
        if (waits.Any) Expect(turn);
    }

    public void Tick(Turn turn)
    {
        if (lookAtMs is not { } due || due > turn.At.MonoMs) return;
        lookAtMs = null;
        Forget(turn.At.MonoMs);
        if (!waits.Any) return;
        var questions = Look(turn);
        notBeforeMs = turn.At.MonoMs + (questions * 1000L / QuestionsASecond);
        lookAtMs = Math.Max(notBeforeMs, turn.At.MonoMs + intervalMs);
        intervalMs = Math.Min(LooksMostMs, intervalMs * 2);
    }

    /// <summary>Handles the command if it is one of a search.</summary>
    public bool Handle(Command command, Turn turn)
    {
        switch (command.BodyCase)
        {
            case Command.BodyOneofCase.ChaseFlow: Chase(command.ChaseFlow, turn); return true;
            case Command.BodyOneofCase.ConfirmCycle: Confirm(command.ConfirmCycle, turn); return true;
            default: return false;
        }
    }

    /// <summary>One question for each holder that is waited for, however many wait.</summary>
    /// <returns>How many these were.</returns>
    private int Look(Turn turn)
    {
        var all = waits.All();
        var asked = 0;
        foreach (var ofSession in all.GroupBy(w => w.SessionId, StringComparer.Ordinal)) Hint(ofSession.Key, [.. ofSession.Select(w => w.FlowId).Distinct(StringComparer.Ordinal)], turn);
        var question = NextNumber(turn);
        foreach (var holder in all.SelectMany(w => w.Blockers).Where(h => h.FlowId.Length > 0).DistinctBy(h => h.Fence))
        {
            Ask(new ChaseFlow { Question = question, Path = { Held(holder) } }, holder, turn);
            asked++;
        }
        return asked;
    }

    /// <summary>Tells the sessions' slots who waits here, so that questions about them find the way.</summary>
    private void Hint(string sessionId, string[] flows, Turn turn)
    {
        if (Array.TrueForAll(flows, f => hintedAtMs.TryGetValue((sessionId, f), out var at) && at + HintEveryMs > turn.At.MonoMs) || !SessionId.TryParse(sessionId, out var id)) return;
        foreach (var flow in flows) hintedAtMs[(sessionId, flow)] = turn.At.MonoMs;
        turn.Send(id.Entity, new Command { FlowsWaiting = new FlowsWaiting { SessionId = sessionId, FlowIds = { flows } } });
    }

    private static void Ask(ChaseFlow chase, Holder holder, Turn turn)
    {
        (chase.SessionId, chase.FlowId) = (holder.SessionId, holder.FlowId);
        if (SessionId.TryParse(holder.SessionId, out var id)) turn.Send(id.Entity, new Command { ChaseFlow = chase });
    }

    private void Chase(ChaseFlow chase, Turn turn)
    {
        foreach (var wait in waits.All().Where(w => w.SessionId == chase.SessionId && w.FlowId == chase.FlowId))
        {
            if (chase.Path[0].Lock == name)
            {
                if (wait.Blockers.FirstOrDefault(h => h.Fence == chase.Path[0].HolderFence) is not { } mine) continue;
                Found([Edge(wait, mine, turn), .. chase.Path.Skip(1)], chase.Question, turn);
                return;
            }
            // A circle that this lock is in and the asking one is not: those who are in it find it.
            if (chase.Path.Count >= HopsAtMost || chase.Path.Any(e => e.Lock == name)) continue;
            foreach (var holder in wait.Blockers.Where(h => h.FlowId.Length > 0))
            {
                // One way to each is enough: there is a circle by it, or by none.
                if (!FirstTime(chase, holder.Fence, turn)) continue;
                var further = chase.Clone();
                further.Path.Add(Edge(wait, holder, turn));
                Ask(further, holder, turn);
            }
        }
    }

    private bool FirstTime(ChaseFlow chase, long fence, Turn turn)
    {
        var key = (chase.Path[0].Lock, chase.Question);
        if (!forwarded.TryGetValue(key, out var there)) forwarded[key] = there = new Forwarded(turn.At.MonoMs, []);
        if (lookAtMs is null) lookAtMs = turn.At.MonoMs + AnswersKeptMs;
        return there.Fences.Add(fence);
    }

    /// <summary>The second pass goes around the circle and ends with the youngest, who is to give way.</summary>
    private void Found(IReadOnlyList<WaitEdge> path, ulong question, Turn turn)
    {
        var youngest = Enumerable.Range(0, path.Count).MaxBy(i => (path[i].SinceMs, path[i].RequestId), Younger.Instance);
        var confirm = new ConfirmCycle { Question = question, Cycle = { path.Skip(youngest + 1), path.Take(youngest + 1) } };
        if (!rules.DeadlockSecondPass) confirm.Next = path.Count - 1;
        Pass(confirm, turn);
    }

    private static void Pass(ConfirmCycle confirm, Turn turn) => turn.Send(EntityId.Lock(confirm.Cycle[confirm.Next].Lock), new Command { ConfirmCycle = confirm });

    private void Confirm(ConfirmCycle confirm, Turn turn)
    {
        var edge = confirm.Cycle[confirm.Next];
        if (waits.All().FirstOrDefault(w => w.RequestId == edge.RequestId && NumberOf(w, turn) == edge.Call && w.Blockers.Any(h => h.Fence == edge.HolderFence)) is not { } wait) return;
        if (confirm.Next < confirm.Cycle.Count - 1)
        {
            var further = confirm.Clone();
            further.Next++;
            Pass(further, turn);
        }
        else refuse(wait, confirm.Cycle, turn);
    }

    private WaitEdge Held(Holder holder) => new() { Lock = name, HolderFence = holder.Fence };

    private WaitEdge Edge(Wait wait, Holder holder, Turn turn)
    {
        var edge = Held(holder);
        (edge.SessionId, edge.FlowId, edge.Label, edge.RequestId, edge.SinceMs, edge.Call) = (wait.SessionId, wait.FlowId, wait.Label, wait.RequestId, wait.SinceMs, NumberOf(wait, turn));
        return edge;
    }

    /// <summary>Of this call and no other: one that is over, and another of the same request that waits on, are two waits with a time between them in which nobody waited. So are those behind one upgrade and behind another.</summary>
    private ulong NumberOf(Wait wait, Turn turn)
    {
        if (!numbered.TryGetValue(wait.RequestId, out var known) || !ReferenceEquals(known.Call, wait.Call) || known.Behind != wait.Behind) numbered[wait.RequestId] = known = (wait.Call, wait.Behind, NextNumber(turn));
        return known.Number;
    }

    // They begin at the time, so that no other activation gives the same.
    private ulong NextNumber(Turn turn) => lastNumber = Math.Max(lastNumber + 1, (ulong)Math.Max(0, turn.At.WallMs) << 10);

    private void Forget(long nowMs)
    {
        foreach (var (key, there) in forwarded.ToArray())
            if (there.AtMs + AnswersKeptMs <= nowMs) forwarded.Remove(key);
        if (forwarded.Count > 0) lookAtMs = nowMs + AnswersKeptMs;
        var waiting = waits.All().Select(w => w.RequestId).ToHashSet(StringComparer.Ordinal);
        foreach (var requestId in numbered.Keys.ToArray())
            if (!waiting.Contains(requestId)) numbered.Remove(requestId);
        foreach (var (flow, at) in hintedAtMs.ToArray())
            if (at + HintEveryMs <= nowMs) hintedAtMs.Remove(flow);
    }

    private sealed class Younger : IComparer<(long SinceMs, string RequestId)>
    {
        public static readonly Younger Instance = new();

        public int Compare((long SinceMs, string RequestId) x, (long SinceMs, string RequestId) y) =>
            x.SinceMs != y.SinceMs ? x.SinceMs.CompareTo(y.SinceMs) : string.CompareOrdinal(x.RequestId, y.RequestId);
    }
}
