using System.Diagnostics;
using AkkaHa.Cli.Local;
using AkkaHa.Judge;
using AkkaHa.Judge.Totals;
using AkkaHa.Messages.Placement;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>
/// Nodes are killed with SIGKILL while transfers are under way, each time the one that hosts the coordinator or a participant of one of them. In the end
/// the money is there, everybody was told the truth, and no key waited long for a dead node's transaction. Alone on two cores a kill takes some 10 s.
/// </summary>
public sealed class KilledTransactionTests(ITestOutputHelper output)
{
    private const int Clients = 6;

    /// <summary>What transactions that a kill left open may cost beyond the failover itself: 5 s where there is time to be alone with the machine, with slack elsewhere.</summary>
    private static readonly TimeSpan IntentsGoneWithin = TimeSpan.FromSeconds(LongFactAttribute.IsOn ? 5 : 20);

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UntilAskedAgain = TimeSpan.FromSeconds(5);

    private readonly ShardMap shards = new();

    [LongFact]
    public Task After_2_kills_of_coordinators_and_participants_money_outcomes_and_intents_are_right() => RunAsync("postgres", 2);

    [LongFact]
    public Task After_100_kills_of_coordinators_and_participants_money_outcomes_and_intents_are_right() => RunAsync("postgres", 100);

    private async Task RunAsync(string provider, int kills)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var patient = cluster.Connect(o => o with { AttemptTimeout = TimeSpan.FromSeconds(1), RingRefresh = TimeSpan.FromSeconds(3) });
        await using var hasty = cluster.Connect(o => o with { AttemptTimeout = TimeSpan.FromSeconds(0.5), GiveUpAfter = TimeSpan.FromSeconds(0.5), RingRefresh = TimeSpan.FromSeconds(3) });
        var transfers = new Transfers(patient, hasty);
        await transfers.OpenAccountsAsync();
        await new WaitsAfterKill(patient).OpenAsync();

        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(1, Clients).Select(seed => transfers.RunAsync(seed, stop.Token)).ToArray();
        await Task.Delay(Calm);
        var waits = new List<WaitsAfterKill>();
        for (var kill = 0; kill < kills; kill++) waits.Add(await KillAsync(kill, cluster, transfers, new WaitsAfterKill(patient)));
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(ClusterUnderTest.Patience);

        var done = transfers.Done.ToArray();
        var outcomes = await FinalOutcomesAsync(new Outcomes(cluster), done);
        var balances = await transfers.BalancesAsync();
        var (failover, longest, beyond) = (waits.Max(w => w.Failover), waits.Max(w => w.Accounts), waits.Max(w => w.Accounts - w.Failover));
        output.WriteLine($"{kills} kills ({(kills + 1) / 2} of a coordinator's node, {kills / 2} of a participant's), {done.Length} transactions: {string.Join(", ", done.GroupBy(t => t.Told).OrderBy(g => g.Key).Select(g => $"{g.Count()} told {g.Key}"))}; "
            + $"the unknown were {string.Join(", ", done.Where(t => t.Told == Told.Unknown).GroupBy(t => outcomes[t.Id]).Select(g => $"{g.Count()} {g.Key}"))}");
        output.WriteLine($"longest wait for any account after a kill {Seconds(longest)}; longest failover of keys without transactions {Seconds(failover)}; most that an account took longer in one kill {Seconds(beyond)}");

        Assert.True(done.Length > 20 * kills, "too little was done to judge");
        Violation[] violations =
        [
            .. done.Where(t => !IsTrue(t.Told, outcomes[t.Id])).Select(t => new Violation("the outcome by id is what the client was told", $"{t.Id} was told {t.Told}, and is {outcomes[t.Id]}")),
            .. TotalJudge.Money(Transfers.Accounts * Transfers.Start, [new Balance("the end", 0, balances)]),
            .. TotalJudge.Ledger(Transfers.Start, done.Select(t => new AkkaHa.Judge.Totals.Transfer(t.Id, t.From, t.To, t.Amount, outcomes[t.Id] == "COMMITTED")), balances),
            .. waits.Where(w => w.Accounts - w.Failover > IntentsGoneWithin).Select(w => new Violation($"intents go by themselves within {IntentsGoneWithin.TotalSeconds} s", $"an account answered {Seconds(w.Accounts)} after a kill, the failover took {Seconds(w.Failover)}")),
        ];
        Assert.True(violations.Length == 0, string.Join(Environment.NewLine, violations.Take(20).Select(v => v.ToString())));
    }

    /// <summary>Kills the node of the coordinator and that of a participant by turns, and starts it again when every account has answered.</summary>
    private async Task<WaitsAfterKill> KillAsync(int kill, ClusterUnderTest cluster, Transfers transfers, WaitsAfterKill waits)
    {
        var watch = Stopwatch.StartNew();
        var open = await transfers.AnyOpenAsync();
        var (what, entity) = kill % 2 == 0 ? ("coordinator", shards.TransactionSlotOf(open.Id).ToString()) : ("participant", $"kv/{Transfers.Account(open.From)}");
        var victim = await cluster.OwnerAsync(entity);
        await victim.KillAsync();
        await waits.MeasureAsync().WaitAsync(ClusterUnderTest.Patience);
        victim.Start();
        await victim.WaitReadyAsync(ClusterUnderTest.Patience);
        await Task.Delay(Calm);
        output.WriteLine($"kill {kill + 1}: {victim.Name}, {what} of {open.Id} ({entity}); keys without transactions answered after {Seconds(waits.Failover)}, all accounts after {Seconds(waits.Accounts)}; whole again after {Seconds(watch.Elapsed)}; {transfers.Done.Count} transactions");
        return waits;
    }

    /// <summary>Asked of all nodes, and again 5 s later: an outcome does not change. Those that nobody has heard of are resolved before the second time.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> FinalOutcomesAsync(Outcomes outcomes, Transfer[] done)
    {
        var first = await outcomes.AskAsync(done.Select(t => t.Id));
        await outcomes.ResolveAsync(done.Where(t => t.Told == Told.Unknown && first[t.Id] == "UNKNOWN").Select(t => t.Id));
        await Task.Delay(UntilAskedAgain);
        var second = await outcomes.AskAsync(done.Select(t => t.Id));
        foreach (var transfer in done)
        {
            var (was, now) = (first[transfer.Id], second[transfer.Id]);
            Assert.True(was == now || (was == "UNKNOWN" && transfer.Told == Told.Unknown && now is "ABORTED"), $"{transfer.Id}, told {transfer.Told}, was {was} and is {now}");
        }
        return second;
    }

    private static bool IsTrue(Told told, string outcome) => told switch
    {
        Told.Committed => outcome == "COMMITTED",
        Told.Aborted => outcome == "ABORTED",
        Told.NotDone => outcome is "ABORTED" or "UNKNOWN",
        _ => outcome is "COMMITTED" or "ABORTED",
    };

    private static string Seconds(TimeSpan time) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
