using AkkaHa.Core.Entities;
using AkkaHa.Judge;
using AkkaHa.Judge.Lists;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.CrashPoints;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// One participant has voted; the Prepare for the other is late, and the coordinator's node stands still. The next owner of the slot asks both, hears that one
/// has not prepared, aborts, and tells the client so. Then the late Prepare arrives, its vote finds the old coordinator, and that one goes on: it wrote Started, and
/// has all votes. Docs: ADR 0014.
/// </summary>
public sealed class LatePrepareTests
{
    private const int Nodes = 4;
    private const long StandsStillAt = 20;
    private const long StandsStillForMs = 5000;
    private const long PrepareArrivesAt = 4000;
    private const long RepeatedAt = 3000;

    private static readonly RuleSwitches NotRefused = RuleSwitches.AllOn with { RefuseLatePrepares = false };

    [Fact]
    public void Who_has_said_that_it_has_not_prepared_never_does_so_not_even_a_clock_that_stops_makes_two_outcomes() =>
        Assert.All(Seeds(60), seed => Assert.Empty(Judged(seed, RuleSwitches.AllOn, clockStops: true)));

    [Fact]
    public void Without_refusal_of_late_prepares_a_client_is_told_committed_of_what_is_aborted_once_a_clock_stops() =>
        Assert.Contains(Seeds(60), seed => Judged(seed, NotRefused, clockStops: true).Count > 0);

    [Fact]
    public void Without_refusal_of_late_prepares_the_gate_keeps_the_old_coordinator_silent_as_long_as_clocks_run() =>
        Assert.All(Seeds(60), seed => Assert.Empty(Judged(seed, NotRefused, clockStops: false)));

    /// <summary>Of what one crash and one late message can do, nothing needs the rule: see the ADR.</summary>
    [Fact]
    public void Without_refusal_of_late_prepares_no_crash_with_a_lost_late_or_doubled_message_is_seen_as_long_as_clocks_run()
    {
        var search = new CrashSearch();
        var settings = Scenario.OfTwo.Take(LongFactAttribute.IsOn ? 3 : 1).Select(s => new Setting(s, 1) { Rules = NotRefused }).ToArray();
        search.Pairs(settings, p => p.Messages, p => p.Crashes);
        search.Pairs(settings, p => p.Crashes, p => p.Messages);
        Assert.True(search.RedCount == 0, string.Join("\n\n", search.Red));
    }

    private static IEnumerable<ulong> Seeds(int count) => Enumerable.Range(1, count).Select(i => (ulong)i);

    private static IReadOnlyList<Violation> Judged(ulong seed, RuleSwitches rules, bool clockStops)
    {
        var world = new SimulatedWorld(seed, rules, Faults.None, Nodes, shards: 2 * Nodes);
        // Two owners at once is what a stopped clock is; what clients see of it is the question.
        world.Owners.IsWatching = false;
        var stage = new Stage(world.Shards, Nodes, together: false);
        var (one, other) = (stage.Key(1), stage.Key(2));
        var request = new TransactionRequest { TransactionId = stage.Id, Then = { Transactions.Append(one, "x "), Transactions.Append(other, "x ") } };
        var shard = world.Shards.ShardOf(stage.Coordinator);
        // Until every node has its shards.
        world.RunUntil(3000);
        var from = world.Scheduler.Now;
        world.Network.Direct = (to, command) => command.Prepare is not null && to.Name == other ? [from + PrepareArrivesAt - world.Scheduler.Now] : null;

        var history = new List<ListTransaction>();
        void Call(TransactionRequest of, string name) => world.Network.Call(world.Shards.TransactionSlotOf(of.TransactionId), new Command { RunTransaction = of }, reply =>
        {
            var steps = of.Then.Select((o, i) => new ListStep(o.Append?.Key ?? o.Get.Key, o.Append?.Value.ToStringUtf8().Trim(),
                reply.Transaction?.Results[i].Text()?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? (reply.Transaction is null ? null : [])));
            if (reply.Transaction is not null || reply.Failure?.Code is ErrorCode.TxnAborted or ErrorCode.TxnConflict)
                history.Add(new ListTransaction($"{of.TransactionId}, {name}", reply.Transaction is null ? ListEnd.Aborted : ListEnd.Committed, from, world.Scheduler.Now, [.. steps]));
        });
        Call(request, "as told first");
        world.Scheduler.At(from + StandsStillAt, () =>
        {
            var process = world.Cluster.RunnerOf(shard)!.Process;
            process.Pause(StandsStillForMs);
            if (clockStops) process.Clock.StandStill(StandsStillForMs);
            world.Cluster.Allocation.Lose(process.Slot, world.Rng);
        });
        for (var i = 0; i < 3; i++) world.Scheduler.At(from + RepeatedAt + (300 * i), () => Call(request, "as told when it was repeated"));
        world.RunUntil(from + 20_000);
        // One transaction, told to several callers: each must be true by itself.
        ListTransaction[] told = [.. history];
        history.Clear();
        from = world.Scheduler.Now;
        world.Network.Direct = null;
        Call(new TransactionRequest { TransactionId = "read", Then = { Transactions.Get(one), Transactions.Get(other) } }, "afterwards");
        world.RunUntil(from + 20_000);
        Assert.Single(history);
        return [.. told.SelectMany(t => SerializabilityJudge.Judge([t with { InvokedAt = 0 }, .. history]))];
    }
}
