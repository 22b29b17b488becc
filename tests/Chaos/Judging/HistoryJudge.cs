using AkkaHa.Chaos.Histories;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Registers;
using AkkaHa.Judge.Sessions;
using AkkaHa.Judge.Totals;

namespace AkkaHa.Chaos.Judging;

/// <summary>Puts a recorded run before the judges.</summary>
static class HistoryJudge
{
    /// <summary>
    /// How long after its client gave up a write may still come into effect. Bytes wait as long as what holds them: on the way to a node (6 s, or 15 s while that is stopped), from there to the owner
    /// (10 s, and again 15 s), and to the database (9 s, or 4 s and a start). That is about a minute if all of it comes one after the other; this is more than twice as much, for what
    /// is held again by the next fault. Whoever lands later has passed a later owner's claim. Names of so long ago are still read now and then, and at the end.
    /// </summary>
    private const long LateEffectGrace = 150 * 1_000_000L;

    public static IEnumerable<Violation> Judge(RunFacts facts, IReadOnlyList<Operation> operations)
    {
        var resolved = Resolved(operations);
        return
        [
            .. LinearizabilityJudge.Judge(Keys(operations), LateEffectGrace),
            .. SerializabilityJudge.Judge([.. Lists(operations)]),
            .. RegisterJudge.Judge([.. Cells(operations)]),
            .. Money(facts, operations, resolved),
            .. OfLocks(operations),
            .. OfSessions(operations),
            .. facts.Unrest is { } unrest ? [new Violation("the cluster heals", unrest)] : Array.Empty<Violation>(),
        ];
    }

    private static IEnumerable<KeyCall> Keys(IEnumerable<Operation> operations)
    {
        foreach (var op in operations.OfType<KeyOperation>())
        {
            // A read without an answer, or what was not done, says nothing; but a refused comparison does.
            if (op.Outcome == Outcome.Failed && !op.Mismatch) continue;
            if (op.Outcome == Outcome.Unknown && op.Action == KeyAction.Get) continue;
            var end = op.Outcome == Outcome.Ok ? KeyEnd.Done : op.Outcome == Outcome.Unknown ? KeyEnd.Unknown : KeyEnd.Refused;
            yield return new KeyCall(op.Key, op.Action, end, op.Start, end == KeyEnd.Unknown ? Time.Never : op.End)
            {
                Value = op.Value, IfRevision = op.IfRevision, Seen = op.Seen, Revision = op.Revision, Deleted = op.Deleted, GivenUpAt = op.End, By = op.Node,
            };
        }
    }

    private static Dictionary<string, ResolveOperation> Resolved(IEnumerable<Operation> operations) =>
        operations.OfType<ResolveOperation>().Where(r => r.Outcome == Outcome.Ok).DistinctBy(r => r.Id).ToDictionary(r => r.Id, StringComparer.Ordinal);

    /// <summary>Puts and gets of keys that nobody tried to delete, each a transaction of one step.</summary>
    public static IEnumerable<RegisterTransaction> Registers(IReadOnlyList<Operation> operations)
    {
        var calls = operations.OfType<KeyOperation>().ToArray();
        var deleted = calls.Where(c => c.Action == KeyAction.Delete).Select(c => c.Key).ToHashSet(StringComparer.Ordinal);
        // What names no value of its own can't be told from others.
        var repeated = calls.Where(c => c.Action == KeyAction.Put).GroupBy(c => (c.Key, c.Value)).Where(g => g.Count() > 1).Select(g => g.Key.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (call, i) in calls.Select((c, i) => (c, i)).Where(c => !deleted.Contains(c.c.Key) && !repeated.Contains(c.c.Key)))
        {
            if (call.Action == KeyAction.Get && call.Outcome != Outcome.Ok) continue;
            var end = call.Outcome == Outcome.Ok ? ListEnd.Committed : call.Outcome == Outcome.Failed ? ListEnd.Aborted : ListEnd.Unknown;
            var step = new RegisterStep(call.Key, call.Action == KeyAction.Put ? call.Value : null, call.Seen, end == ListEnd.Committed ? call.Revision ?? 0 : null);
            yield return new RegisterTransaction($"{call.Client} {call.Action} {i}", end, call.Start, end == ListEnd.Unknown ? Time.Never : call.End, [step]);
        }
    }

    /// <summary>Transactions over several registers, with what became of those that were unknown.</summary>
    public static IEnumerable<RegisterTransaction> Cells(IReadOnlyList<Operation> operations)
    {
        var resolved = Resolved(operations);
        foreach (var op in operations.OfType<RegistersOperation>())
        {
            var then = resolved.GetValueOrDefault(op.Id);
            // With a condition, having committed may mean that it did not hold: whether it did shows in what others see.
            var (end, at) = (op.Outcome, then?.Committed) switch
            {
                (Outcome.Ok, _) => (ListEnd.Committed, op.End),
                (Outcome.Failed, _) => (ListEnd.Aborted, op.End),
                (_, true) when !op.Conditional => (ListEnd.Committed, then!.End),
                (_, false) => (ListEnd.Aborted, then!.End),
                _ => (ListEnd.Unknown, Time.Never),
            };
            // A read of which its client knows nothing must not look like one of an absent key.
            yield return new RegisterTransaction(op.Id, end, op.Start, at, [.. op.Steps.Where(s => s.Write is not null || s.Revision is not null || end != ListEnd.Committed).Select(s => new RegisterStep(s.Key, s.Write, s.Seen, s.Revision))]);
        }
    }

    /// <summary>Transactions over lists, with what became of those that were unknown.</summary>
    public static IEnumerable<ListTransaction> Lists(IReadOnlyList<Operation> operations)
    {
        var resolved = Resolved(operations);
        foreach (var op in operations.OfType<ListOperation>())
        {
            var steps = op.Steps.Select(s => new ListStep(s.Key, s.Append, s.Seen)).ToArray();
            yield return op.Outcome switch
            {
                Outcome.Ok => new ListTransaction(op.Id, ListEnd.Committed, op.Start, op.End, steps),
                Outcome.Failed => new ListTransaction(op.Id, ListEnd.Aborted, op.Start, op.End, steps),
                _ when resolved.TryGetValue(op.Id, out var then) => new ListTransaction(op.Id, then.Committed ? ListEnd.Committed : ListEnd.Aborted, op.Start, then.End, steps),
                _ => new ListTransaction(op.Id, ListEnd.Unknown, op.Start, Time.Never, steps),
            };
        }
    }

    private static IEnumerable<Violation> Money(RunFacts facts, IReadOnlyList<Operation> operations, Dictionary<string, ResolveOperation> resolved)
    {
        var balances = operations.OfType<BalanceOperation>().Where(b => b.Outcome == Outcome.Ok).ToArray();
        var transfers = operations.OfType<TransferOperation>().Select(t => new Transfer(t.Id, t.From, t.To, t.Amount, t.Outcome switch
        {
            Outcome.Ok => true,
            Outcome.Failed => false,
            _ when !resolved.TryGetValue(t.Id, out _) => null,
            _ when !resolved[t.Id].Committed => false,
            _ => t.Conditional ? null : true,
        }));
        // The last balance is read after everything else has ended; without it, that is a violation by itself.
        var ledger = facts.Unrest is null && balances.Length > 0 ? TotalJudge.Ledger(facts.StartBalance, transfers, balances.MaxBy(b => b.Start)!.Accounts) : [];
        return
        [
            .. TotalJudge.Money(facts.Accounts * facts.StartBalance, balances.Select(b => new Balance(b.Client, b.End, b.Accounts))), .. ledger,
            .. SnapshotJudge.Judge([.. balances.Where(b => b.Revisions is not null).Select(b => new Snapshot(b.Client, b.Start, b.End, b.Accounts, b.Revisions!))],
                operations.OfType<TransferOperation>().Where(t => t.Outcome == Outcome.Ok).SelectMany(Told)),
        ];
    }

    private static IEnumerable<RevisionTold> Told(TransferOperation transfer)
    {
        if (transfer.FromRevision is { } from) yield return new RevisionTold(transfer.From, from, transfer.End, transfer.Client);
        if (transfer.ToRevision is { } to) yield return new RevisionTold(transfer.To, to, transfer.End, transfer.Client);
    }

    private static IEnumerable<Violation> OfLocks(IReadOnlyList<Operation> operations)
    {
        var grants = operations.OfType<GrantOperation>().Where(g => g.Outcome == Outcome.Ok).ToArray();
        var guarded = new GuardedHistory(operations);
        var releases = operations.OfType<ReleaseOperation>().Where(r => r.Outcome == Outcome.Ok).ToArray();
        var reads = operations.OfType<LockReadOperation>().Where(r => r.Outcome == Outcome.Ok);
        LockGrantSeen[] seen = [.. grants.Select(g => new LockGrantSeen(g.Lock, g.Holder, g.Fence, g.Start, g.End, g.BelievedUntil) { Use = g.Use, IsUpgrade = g.IsUpgrade, Permits = g.Permits, Limit = g.Limit })];
        var exclusive = seen.Where(g => g.Use == LockUse.Exclusive).Select(g => (g.Lock, g.Fence)).ToHashSet();
        var sessions = grants.DistinctBy(g => (g.Lock, g.Fence)).ToDictionary(g => (g.Lock, g.Fence), g => g.Holder.Split('/')[0]);
        GuardPassed[] passed = [.. guarded.Done().Select(w => new GuardPassed(w.Lock!, w.Fence!.Value, w.Start, w.Node ?? w.Client))];
        FenceSeen[] granted = [.. grants.Select(g => new FenceSeen(g.Lock, g.Fence, g.Start, g.End, g.Client))];
        return
        [
            .. LockJudge.Judge(seen, guarded.InOrder()),
            .. GrantsOfEnded.Judge(seen, releases.Where(r => exclusive.Contains((r.Lock, r.Fence))).Select(r => (r.Lock, r.Fence, r.Start)), Ends(operations)),
            .. FenceJudge.Reads(granted, reads.Select(r => new FenceSeen(r.Lock, r.LastFence, r.Start, r.End, r.Node ?? r.Client))),
            .. FenceJudge.Guards(granted, releases.Select(r => new FenceReleased(r.Lock, r.Fence, r.End)), passed),
            .. GuardsOfEnded.Judge(passed.Where(w => sessions.ContainsKey((w.Lock, w.Fence))).Select(w => (w, sessions[(w.Lock, w.Fence)])), Ends(operations)),
        ];
    }

    private static IEnumerable<SessionEndTold> Ends(IEnumerable<Operation> operations)
    {
        foreach (var calls in operations.OfType<SessionOperation>().GroupBy(c => c.Session, StringComparer.Ordinal))
        {
            if (calls.FirstOrDefault(c => c.Action == SessionAction.Create) is not { } created) continue;
            foreach (var told in calls.Where(c => c.SaysEnded || c is { Action: SessionAction.Close, Outcome: Outcome.Ok }))
                yield return SessionEndTold.Of(calls.Key, told.End, calls.Any(c => c is { Action: SessionAction.Close, SaysEnded: false } && c.Start < told.End), (long)(created.TtlSeconds * 1e6));
        }
    }

    private static IEnumerable<Violation> OfSessions(IReadOnlyList<Operation> operations)
    {
        var calls = operations.OfType<SessionOperation>().Where(s => s.Session.Length > 0).ToArray();
        return
        [
            .. SessionJudge.Judge(calls.GroupBy(c => c.Session, StringComparer.Ordinal).Select(Life).OfType<SessionLife>()),
            .. SessionJudge.Answers(calls.Where(c => c.SaysEnded || c.Outcome == Outcome.Ok)
                .Select(c => new SessionAnswer(c.Session, !c.SaysEnded && c.Action != SessionAction.Close, c.Start, c.End, c.Node ?? c.Client))),
        ];
    }

    private static SessionLife? Life(IGrouping<string, SessionOperation> calls)
    {
        if (calls.FirstOrDefault(c => c.Action == SessionAction.Create) is not { } created) return null;
        var ttl = (long)(created.TtlSeconds * 1e6);
        var renewals = calls.Where(c => c.Outcome == Outcome.Ok && c.Action is SessionAction.Create or SessionAction.KeepAlive);
        var closes = calls.Where(c => c is { Action: SessionAction.Close, SaysEnded: false }).Select(c => c.Start).DefaultIfEmpty(Time.Never);
        var ends = calls.Where(c => c.SaysEnded).Select(c => c.End).DefaultIfEmpty(Time.Never);
        return new SessionLife(calls.Key, renewals.Max(c => c.Start) + ttl, closes.Min(), ends.Min());
    }
}
