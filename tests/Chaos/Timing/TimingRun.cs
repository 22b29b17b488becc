using System.Globalization;
using AkkaHa.Chaos.Nodes;
using AkkaHa.ClientApi;
using AkkaHa.Load;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Timing;

/// <summary>
/// One fault at a time under a steady load, and how long keys went without service: the longest time between two successes of the same action on the same key.
/// Nothing is judged here; that is what <see cref="ChaosRun"/> is for.
/// </summary>
sealed class TimingRun : IAsyncDisposable
{
    /// <summary>All nodes in turn, by SIGTERM: no goal for a node's keys, but for every call.</summary>
    public const string RollingRestart = "rolling-restart";

    private const int Members = 3;
    private const int HotKeysOfANode = 4;
    private static readonly TimeSpan StallAtMost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SettleAtMost = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ServedAtMost = TimeSpan.FromSeconds(60);

    private readonly ChaosCluster cluster;
    private readonly RingWatch ring;
    private readonly Rest rest;
    private readonly AkkaHaKeys target;
    private readonly LaneSet lanes = new();
    private readonly TimingOptions options;
    private readonly TextWriter log;

    private TimingRun(ChaosCluster cluster, TimingOptions options, TextWriter log)
    {
        (this.cluster, this.options, this.log) = (cluster, options, log);
        ring = new RingWatch(cluster);
        rest = new Rest(cluster);
        target = new AkkaHaKeys(AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = cluster.Endpoints }));
    }

    /// <summary>Runs all; whether every goal was reached.</summary>
    public static async Task<bool> RunAsync(TimingOptions options, TextWriter log, CancellationToken ct)
    {
        await using var cluster = await ChaosCluster.StartAsync(Members, "postgres", 1, [], ct);
        if (options.Keep)
        {
            cluster.Keep();
            log.WriteLine($"Data and logs in {cluster.Directory}");
        }
        await using var run = new TimingRun(cluster, options, log);
        await run.SettleAsync(ct);
        run.Heat();
        await ClosedLoop.MeasureAsync(run.target, run.lanes, 16, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(1), ct);
        var reached = true;
        foreach (var fault in TimedFault.All.Where(f => options.Faults.Contains(f.Name))) reached &= await run.TimeAsync(fault, ct);
        if (options.Faults.Contains(RollingRestart)) reached &= await run.RollAsync(ct);
        return reached;
    }

    public async ValueTask DisposeAsync()
    {
        await target.DisposeAsync();
        await ring.DisposeAsync();
        rest.Dispose();
    }

    private async Task<bool> TimeAsync(TimedFault fault, CancellationToken ct)
    {
        var victims = cluster.Members;
        var gaps = new List<TimeSpan>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var victim = victims[round % victims.Count];
            gaps.Add(await RoundAsync(fault, victim, round, ct));
            await SettleAsync(ct);
        }
        var worst = gaps.Max();
        var reached = worst <= options.Slack * fault.Goal;
        Say($"{fault.Name} ({fault.What}), {gaps.Count} times: keys of the node back after {S(gaps.Order().ElementAt(gaps.Count / 2))} (median), {S(worst)} (worst); goal {S(fault.Goal)}: {Verdict(reached)}");
        return reached;
    }

    private async Task<TimeSpan> RoundAsync(TimedFault fault, ChaosNode victim, int round, CancellationToken ct)
    {
        lanes.Clear();
        var owned = lanes.All.Where(l => OwnerOf(l) == victim.Index).ToHashSet();
        long struckAt, healedAt, endedAt;
        await using (new OpenLoop(target, lanes, options.Rate, round))
        {
            // Faults must not keep step with anybody's heartbeats.
            await Task.Delay(Calm + (TimeSpan.FromSeconds(1) * new Random(round).NextDouble()), ct);
            struckAt = Now;
            var heal = await fault.Strike(cluster, victim);
            ring.Mistrusted = victim;
            try
            {
                // Until others own its shards and serve them: one that clients still reach goes on with its own at first.
                do await Task.Delay(100, ct);
                while ((lanes.All.Any(l => OwnerOf(l) == victim.Index) || !lanes.All.All(l => l.AnsweredSince(struckAt))) && TimeProvider.System.GetElapsedTime(struckAt) < ServedAtMost);
                await Task.Delay(Watch, ct);
            }
            finally
            {
                healedAt = Now;
                await heal();
                ring.Mistrusted = null;
            }
            await rest.WaitAsync(SettleAtMost);
            endedAt = Now;
        }
        var (its, others, back) = (
            Gap.Of(lanes.Hot.Where(owned.Contains), struckAt, healedAt), Gap.Of(lanes.Hot.Where(l => !owned.Contains(l)), struckAt, healedAt), Gap.Of(lanes.Hot, healedAt, endedAt));
        var all = Gap.Of(lanes.All.Where(owned.Contains), struckAt, healedAt);
        Say($"  {fault.Name} {victim.Name}: gap {S(its.Longest)} (median key {S(its.Median)}), all answer after {S(all.AllAnsweredAfter)}; others {S(others.Longest)}; a member again after {S(TimeProvider.System.GetElapsedTime(healedAt, endedAt))}, gap then {S(back.Longest)}; given up {Gap.Of(lanes.All, struckAt, endedAt).GivenUp}");
        return its.Longest;
    }

    private async Task<bool> RollAsync(CancellationToken ct)
    {
        var reached = true;
        for (var round = 0; round < options.Rounds; round++)
        {
            lanes.Clear();
            var from = Now;
            await using var load = new OpenLoop(target, lanes, options.Rate, round);
            foreach (var node in cluster.Members)
            {
                var since = Now;
                await node.Process.TerminateAsync(SettleAtMost);
                var left = TimeProvider.System.GetElapsedTime(since);
                var started = Now;
                await Task.Run(node.Process.Start, ct);
                await SettleAsync(ct);
                Say($"  {RollingRestart} {node.Name}: left in {S(left)}, longest call {S(Gap.Of(lanes.All, since, started).LongestCall)}; back in {S(TimeProvider.System.GetElapsedTime(started))}, longest call {Longest(started)}");
            }
            await load.DisposeAsync();
            var seen = Gap.Of(lanes.All, from, Now);
            var good = seen.GivenUp == 0 && seen.LongestCall <= options.Slack * StallAtMost;
            Say($"{RollingRestart}: {load.Sent:N0} calls, {seen.GivenUp} failed, the longest took {S(seen.LongestCall)}; goal none and {S(StallAtMost)}: {Verdict(good)}");
            reached &= good;
        }
        return reached;
    }

    private string Verdict(bool reached) => (reached ? "reached" : "MISSED") + (options.Slack > 1 ? $" (within {options.Slack} times that)" : "");

    private string Longest(long since)
    {
        var (lane, call) = lanes.All.SelectMany(l => l.Acknowledgements().Where(a => a.AnsweredAt >= since).Select(a => (l, a))).MaxBy(c => c.a.Waited);
        return lane is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{S(call.Waited)} ({lane.Action} {lane.Key}, due at {S(TimeProvider.System.GetElapsedTime(since, call.DueAt))})");
    }

    /// <summary>All are members, each has shards, and none has moved for a while.</summary>
    private async Task SettleAsync(CancellationToken ct)
    {
        if (await rest.WaitAsync(SettleAtMost) is { } never) throw new InvalidOperationException($"the cluster did not come to rest: {never}");
        int?[] last = [];
        var since = Now;
        while (TimeProvider.System.GetElapsedTime(since) < Calm)
        {
            await Task.Delay(200, ct);
            int?[] owners = [.. lanes.All.Select(OwnerOf)];
            if (!owners.SequenceEqual(last) || owners.Contains(null) || owners.Distinct().Count() < Members) since = Now;
            last = owners;
        }
    }

    private void Heat() => lanes.Heat(lanes.All.GroupBy(OwnerOf).SelectMany(g => g.Select(lanes.ShardOf).Distinct().Take(HotKeysOfANode)).ToHashSet());

    private int? OwnerOf(Lane lane) => ring.OwnerOf(EntityId.Key(lane.Key));

    private static string S(TimeSpan? time) => time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0.00} s") : "never";

    private void Say(FormattableString text) => log.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static long Now => TimeProvider.System.GetTimestamp();
}
