namespace AkkaHa.Judge.Totals;

/// <summary>All accounts as one transaction saw them, each with its revision.</summary>
public sealed record Snapshot(string By, long InvokedAt, long AnsweredAt, IReadOnlyList<long> Accounts, IReadOnlyList<long> Revisions);

/// <summary>That an account is at this revision or further, which somebody was told: by the answer to a write, or to a read of it alone.</summary>
public sealed record RevisionTold(int Account, long AtLeast, long AnsweredAt, string By);

/// <summary>
/// A snapshot that is right in itself can be of the past: its sum is right then too. Revisions only grow, so they tell.
/// Cheaper than a search for an order, and enough for this: what is told here is never wrong in any order.
/// </summary>
public static class SnapshotJudge
{
    /// <summary>No snapshot is older than what was told before it was asked for; all are of one course of things; and a revision has one value.</summary>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Snapshot> snapshots, IEnumerable<RevisionTold> told) =>
        [.. Fresh(snapshots, told), .. OneLine(snapshots), .. Values(snapshots)];

    private static IEnumerable<Violation> Fresh(IReadOnlyCollection<Snapshot> snapshots, IEnumerable<RevisionTold> told)
    {
        var all = told.Concat(snapshots.SelectMany(s => s.Revisions.Select((revision, account) => new RevisionTold(account, revision, s.AnsweredAt, s.By)))).OrderBy(t => t.AnsweredAt).ToArray();
        var newest = new Dictionary<int, RevisionTold>();
        var next = 0;
        foreach (var snapshot in snapshots.OrderBy(s => s.InvokedAt))
        {
            for (; next < all.Length && all[next].AnsweredAt < snapshot.InvokedAt; next++)
                if (!newest.TryGetValue(all[next].Account, out var known) || known.AtLeast < all[next].AtLeast) newest[all[next].Account] = all[next];
            foreach (var known in newest.Values.Where(k => k.AtLeast > snapshot.Revisions[k.Account]).OrderBy(k => k.Account).Take(1))
                yield return new Violation("no snapshot is of the past",
                    $"{known.By} was told at {known.AnsweredAt} that account {known.Account} is at revision {known.AtLeast}; {snapshot.By}, who asked at {snapshot.InvokedAt}, saw it at {snapshot.Revisions[known.Account]}");
        }
    }

    /// <summary>Of two snapshots, one came first, and no account of it is further than in the other.</summary>
    private static IEnumerable<Violation> OneLine(IReadOnlyCollection<Snapshot> snapshots)
    {
        Snapshot? before = null;
        foreach (var snapshot in snapshots.OrderBy(s => s.Revisions.Sum()))
        {
            if (before is not null && before.Revisions.Zip(snapshot.Revisions).ToList().FindIndex(r => r.First > r.Second) is >= 0 and var account)
                yield return new Violation("snapshots are of one course of things",
                    $"{before.By} (at {before.AnsweredAt}) saw account {account} at revision {before.Revisions[account]}, {snapshot.By} (at {snapshot.AnsweredAt}) at {snapshot.Revisions[account]}, and others further");
            before = snapshot;
        }
    }

    private static IEnumerable<Violation> Values(IReadOnlyCollection<Snapshot> snapshots)
    {
        var values = new Dictionary<(int Account, long Revision), (long Value, Snapshot By)>();
        foreach (var snapshot in snapshots)
            for (var account = 0; account < snapshot.Accounts.Count; account++)
                if (!values.TryAdd((account, snapshot.Revisions[account]), (snapshot.Accounts[account], snapshot))
                    && values[(account, snapshot.Revisions[account])] is var first && first.Value != snapshot.Accounts[account])
                    yield return new Violation("a revision has one value",
                        $"account {account} at revision {snapshot.Revisions[account]} held {first.Value} for {first.By.By} (at {first.By.AnsweredAt}) and {snapshot.Accounts[account]} for {snapshot.By} (at {snapshot.AnsweredAt})");
    }
}
