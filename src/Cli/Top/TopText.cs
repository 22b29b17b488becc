using System.Globalization;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Top;

/// <summary>How loud a row is.</summary>
enum Tone
{
    Plain,
    Warn,
    Bad,
}

/// <param name="Cells">As people read them.</param>
/// <param name="Tone">How loud.</param>
sealed record TopRow(string[] Cells, Tone Tone = Tone.Plain);

/// <summary>A part of a frame for people.</summary>
/// <param name="Title">What it is about, and what is to be said in one line.</param>
/// <param name="Tone">Of the title.</param>
/// <param name="Columns">None: the title says all.</param>
/// <param name="Rows">As many cells each as there are columns.</param>
sealed record TopSection(string Title, Tone Tone, string[] Columns, IReadOnlyList<TopRow> Rows);

/// <summary>A frame as people read it, on a terminal and elsewhere.</summary>
static class TopText
{
    const string None = "-";

    public static IEnumerable<TopSection> Of(TopFrame frame)
    {
        yield return new TopSection(frame.AtMs > 0 ? $"{frame.Verdict}  ({Clock(frame.AtMs)})" : frame.Verdict, frame.Well ? Tone.Plain : Tone.Bad, [], []);
        foreach (var trouble in frame.Troubles) yield return new TopSection(trouble, Tone.Warn, [], []);
        if (frame.Members.Count > 0) yield return Members(frame);
        if (frame.Calls.Count > 0) yield return Calls(frame);
        if (frame.Database is { } database) yield return Database(database);
        if (frame.Failovers.Count > 0) yield return Failovers(frame);
        if (frame.Moves.Count > 0) yield return Moves(frame);
        if (frame.Locks is { } locks) yield return Locks(locks);
        if (frame.Transactions is { } transactions) yield return Transactions(transactions);
    }

    static TopSection Members(TopFrame frame) => new("members", Tone.Plain, ["node", "state", "shards", "calls/s", "lease", "up", "version"],
    [
        .. frame.Members.Select(m => new TopRow(
        [
            TopFrames.Short(m.Address) + (m.Leader ? " (leader)" : ""),
            string.Join(", ", new[] { m.Status, m.Reachable ? "" : "unreachable", m.Ready == false ? "not ready" : "" }.Where(s => s.Length > 0)),
            Whole(m.Shards), m.CallsPerSecond is { } calls ? Rate(calls) : None, m.LeaseSeconds > 0 ? Seconds(m.LeaseSeconds) : "run out", DurationText.Of(TimeSpan.FromSeconds(m.UptimeSeconds)), m.Version,
        ],
        !m.Reachable || m.LeaseSeconds <= 0 ? Tone.Bad : m.Status != "Up" || m.Ready == false ? Tone.Warn : Tone.Plain)),
    ]);

    static TopSection Calls(TopFrame frame) => new("calls, in the last seconds", Tone.Plain, ["kind", "per second", "refused/s", "failed/s", "p50", "p99"],
    [
        .. frame.Calls.Select(c => new TopRow([c.Kind, Rate(c.PerSecond), Rate(c.RefusedPerSecond), Rate(c.FailedPerSecond), Took(c.P50Seconds), Took(c.P99Seconds)], c.FailedPerSecond > 0 ? Tone.Warn : Tone.Plain)),
    ]);

    static TopSection Database(TopDatabase database) => new(
        $"database: {(database.Provider.Length > 0 ? database.Provider : "not known")}, {Rate(database.WritesPerSecond)} writes/s, durable after {Took(database.P50Seconds)} (p99 {Took(database.P99Seconds)}), {Rate(database.FailedPerSecond)} failed/s",
        database.Troubles.Count > 0 || database.FailedPerSecond > 0 ? Tone.Bad : Tone.Plain,
        database.Troubles.Count > 0 ? ["what nodes say against it"] : [], [.. database.Troubles.Select(t => new TopRow([t], Tone.Bad))]);

    static TopSection Failovers(TopFrame frame) => new("failovers", Tone.Plain, ["lost", "when", "took", "shards"],
    [
        .. frame.Failovers.Select(f => new TopRow([TopFrames.Short(f.Address), Ago(frame.AtMs - f.FromMs), f.TookSeconds is { } took ? Took(took) : "not over yet", Whole(f.Shards)], f.TookSeconds is null ? Tone.Bad : Tone.Warn)),
    ]);

    static TopSection Moves(TopFrame frame) => new("moved lately", Tone.Plain, ["shards", "from", "to", "when", "within"],
    [
        .. frame.Moves.Select(m => new TopRow([Whole(m.Shards), TopFrames.Short(m.From), TopFrames.Short(m.To), Ago(frame.AtMs - m.UntilMs), Took((m.UntilMs - m.FromMs) / 1000.0)])),
    ]);

    static TopSection Locks(TopLocks locks) => new($"locks: {Whole(locks.InUse)}{(locks.More ? " or more" : "")} in use, {Whole(locks.Waiters)} waiting", Tone.Plain,
        locks.Hot.Count > 0 ? ["hot lock", "waiting", "the oldest for", "held by", "for", "last fence"] : [],
        [.. locks.Hot.Select(l => new TopRow([l.Name, Whole(l.Waiters), Seconds(l.OldestWaitSeconds), By(l.HeldBy), l.HeldBy.Count > 0 ? Seconds(l.HeldSeconds) : None, l.LastFence]))]);

    static TopSection Transactions(TopTransactions t) => new(
        $"transactions: {Whole(t.Open)} open, {Whole(t.Unfinished)} decided and not known everywhere, {Whole(t.InDoubt)} of them in doubt (over {TopFrames.InDoubtAfter.TotalSeconds:0} s){(t.More ? ", and more" : "")}",
        t.InDoubt > 0 ? Tone.Bad : Tone.Plain,
        t.Oldest.Count > 0 ? ["transaction", "outcome", "age", "waiting for"] : [],
        [.. t.Oldest.Select(o => new TopRow([o.TransactionId, o.Outcome, Seconds(o.AgeSeconds), o.WaitingFor.Count == 0 ? None : string.Join(", ", o.WaitingFor)], o.AgeSeconds > TopFrames.InDoubtAfter.TotalSeconds ? Tone.Bad : Tone.Plain))]);

    static string By(IReadOnlyList<string> holders) => holders.Count switch { 0 => None, 1 => holders[0], _ => $"{holders[0]} and {Whole(holders.Count - 1)} more" };

    static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string Rate(double perSecond) => perSecond.ToString(perSecond is > 0 and < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    static string Took(double? seconds) => seconds switch
    {
        null => None,
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.0} ms"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
        _ => Seconds(seconds.Value),
    };

    static string Ago(long ms) => $"{DurationText.Of(TimeSpan.FromSeconds(Math.Max(0, ms) / 1000.0))} ago";

    static string Clock(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
