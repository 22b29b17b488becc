using AkkaHa.ClientApi;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Transactions;

namespace AkkaHa.Cli.Top;

/// <summary>Makes a frame of what was answered; nothing else goes in, not even a clock.</summary>
static class TopFrames
{
    const int Rows = 8;
    const int TransactionRows = 5;
    const string Journal = "journal";

    /// <summary>Moves with no more than this between them belong together.</summary>
    const long TogetherMs = 10_000;

    /// <summary>A transaction's deadline, if it names none.</summary>
    public static readonly TimeSpan InDoubtAfter = TimeSpan.FromSeconds(Messages.Limits.TransactionDeadlineDefaultSeconds);

    static readonly CallTally Nothing = new(0, 0, 0, null, null);

    public static TopFrame Of(TopSnapshot asked)
    {
        var activity = asked.Activity.Value;
        var members = Members(asked.Cluster.Value, activity);
        var troubles = Troubles(asked).ToArray();
        var database = activity is null ? null : Database(activity);
        var (well, verdict) = Verdict(members, asked, database);
        return new TopFrame(
            activity?.NowMs ?? 0, verdict, well && troubles.Length == 0, members, activity is null ? [] : Calls(activity), database,
            activity is null ? [] : Moves(activity), activity is null ? [] : Failovers(activity),
            asked.Locks.Value is { } locks ? Locks(locks) : null, asked.Transactions.Value is { } open ? Transactions(open) : null, troubles);
    }

    static IEnumerable<string> Troubles(TopSnapshot asked)
    {
        foreach (var (what, trouble) in new[]
        {
            ("members", asked.Cluster.Trouble), ("shards", asked.Ring.Trouble), ("figures", asked.Activity.Trouble), ("locks", asked.Locks.Trouble), ("transactions", asked.Transactions.Trouble),
        })
        {
            if (trouble is not null) yield return $"{what}: {trouble}";
        }
        if (asked.Activity.Value is { Silent.Count: > 0 } told) yield return $"figures: without those of {string.Join(", ", told.Silent.Select(Short))}, which did not answer";
    }

    static (bool Well, string Says) Verdict(IReadOnlyList<TopMember> members, TopSnapshot asked, TopDatabase? database)
    {
        if (members.Count == 0) return (false, "nobody answers");
        var lost = asked.Ring.Value?.Shards.Count(s => !s.Allocated);
        var owned = lost switch
        {
            null => "shards not known",
            0 => $"all {asked.Ring.Value!.Shards.Count} shards owned",
            _ => $"{lost} of {asked.Ring.Value!.Shards.Count} shards without an owner",
        };
        var says = new List<string> { $"{members.Count(m => m is { Status: "Up", Reachable: true })} of {members.Count} members up", owned };
        if (members.Where(m => !m.Reachable).Select(m => Short(m.Address)).ToArray() is { Length: > 0 } unreachable) says.Add($"unreachable: {string.Join(", ", unreachable)}");
        var notReady = members.Where(m => m.Ready == false).Select(m => Short(m.Address)).ToArray();
        if (notReady.Length > 0) says.Add($"not ready: {string.Join(", ", notReady)}");
        var well = lost == 0 && notReady.Length == 0 && members.All(m => m is { Status: "Up", Reachable: true }) && database is null or { Troubles.Count: 0 };
        return (well, string.Join("; ", says));
    }

    static TopMember[] Members(ClusterPicture? cluster, Activity? activity)
    {
        if (cluster is null) return [];
        var told = (activity?.Nodes ?? []).Where(n => n.Address.Length > 0).DistinctBy(n => n.Address).ToDictionary(n => n.Address);
        return
        [
            .. cluster.Members.OrderBy(m => m.Address, StringComparer.Ordinal).Select(m =>
            {
                var node = told.GetValueOrDefault(m.Address);
                return new TopMember(
                    m.Address, m.Status, m.Reachable, m.Address == cluster.Leader, node?.Ready, node?.Reasons ?? [], m.Shards,
                    node is null ? null : (double)(node.Slots.FirstOrDefault(s => s.At == LastSlot(activity!))?.Calls ?? 0) / activity!.SlotSeconds,
                    Json.Seconds(m.Lease), Json.Seconds(m.Uptime), m.Version);
            }),
        ];
    }

    /// <summary>The last that is over: the one that is being filled would say too little.</summary>
    static long LastSlot(Activity activity) => (activity.NowMs / 1000 / activity.SlotSeconds * activity.SlotSeconds) - activity.SlotSeconds;

    static IReadOnlyDictionary<string, CallTally> LastKinds(Activity activity) =>
        activity.Slots.FirstOrDefault(s => s.At == LastSlot(activity))?.Kinds ?? new Dictionary<string, CallTally>();

    static TopCalls[] Calls(Activity activity)
    {
        // What was called in the last minutes stays in view when it pauses, with zeros.
        var last = LastKinds(activity);
        var kinds = activity.Slots.SelectMany(s => s.Kinds.Keys).Where(k => k != Journal).Distinct().OrderBy(k => k == "all").ThenBy(k => k, StringComparer.Ordinal);
        return [.. kinds.Select(k => CallsOf(k, last.GetValueOrDefault(k) ?? Nothing, activity.SlotSeconds))];
    }

    static TopCalls CallsOf(string kind, CallTally tally, double seconds) =>
        new(kind, (tally.Done + tally.Refused + tally.Failed) / seconds, tally.Refused / seconds, tally.Failed / seconds, tally.P50, tally.P99);

    static TopDatabase Database(Activity activity)
    {
        var journal = LastKinds(activity).GetValueOrDefault(Journal) ?? Nothing;
        var troubles = activity.Nodes.Where(n => n.LeaseFailure.Length > 0).Select(n => $"{Short(n.Address)}: {n.LeaseFailure}")
            .Concat(activity.Nodes.Where(n => !n.Ready).SelectMany(n => n.Reasons.Select(r => $"{Short(n.Address)}: {r}"))).Distinct();
        return new TopDatabase(
            string.Join(", ", activity.Nodes.Select(n => n.Storage).Where(s => s.Length > 0).Distinct().Order(StringComparer.Ordinal)),
            (double)journal.Done / activity.SlotSeconds, (double)(journal.Refused + journal.Failed) / activity.SlotSeconds, journal.P50, journal.P99, [.. troubles]);
    }

    static TopMove[] Moves(Activity activity)
    {
        var groups = new List<List<ShardMove>>();
        foreach (var move in activity.Moves.OrderBy(m => m.AtMs))
        {
            if (groups.Count == 0 || move.AtMs - groups[^1][^1].AtMs > TogetherMs) groups.Add([]);
            groups[^1].Add(move);
        }
        return
        [
            .. groups.AsEnumerable().Reverse()
                .SelectMany(g => g.GroupBy(m => (m.From, m.To)).OrderByDescending(w => w.Count()).Select(w => new TopMove(w.Key.From, w.Key.To, w.Count(), w.First().AtMs, w.Last().AtMs)))
                .Take(Rows),
        ];
    }

    static TopFailover[] Failovers(Activity activity) =>
    [
        .. activity.Failovers.OrderByDescending(f => f.FromMs).Take(Rows).Select(f => new TopFailover(f.Address, f.FromMs, f.UntilMs is { } until ? (until - f.FromMs) / 1000.0 : null, f.Shards)),
    ];

    static TopLocks Locks(IReadOnlyList<LockState> locks) => new(
        locks.Count, locks.Count >= TopSnapshot.LocksAtMost, locks.Sum(l => l.Waiters.Count),
        [
            .. locks.Where(l => l.Waiters.Count > 0).OrderByDescending(l => l.Waiters.Count).ThenByDescending(l => l.Waiters.Max(w => w.Waiting)).ThenBy(l => l.Name, StringComparer.Ordinal).Take(Rows)
                .Select(l => new TopLock(
                    l.Name, l.Waiters.Count, Json.Seconds(l.Waiters.Max(w => w.Waiting)), [.. l.Holders.Select(h => h.Label.Length > 0 ? h.Label : h.SessionId).Distinct()],
                    l.Holders.Select(h => Json.Seconds(h.Held)).DefaultIfEmpty().Max(), l.LastFence.ToString())),
        ]);

    static TopTransactions Transactions(UnsettledTransactions open) => new(
        open.Transactions.Count(t => t.Outcome == TransactionOutcome.InProgress), open.Transactions.Count(t => t.Outcome != TransactionOutcome.InProgress),
        open.Transactions.Count(t => t.Age > InDoubtAfter), open.More,
        [
            .. open.Transactions.OrderByDescending(t => t.Age).Take(TransactionRows)
                .Select(t => new TopTransaction(t.Id.Text, TxnCommand.NameOf(t.Outcome), Json.Seconds(t.Age), t.WaitingFor)),
        ]);

    /// <summary>An address without what all have.</summary>
    public static string Short(string address) => address.Length == 0 ? "-" : address[(address.IndexOf('@', StringComparison.Ordinal) + 1)..];
}
