using AkkaHa.Chaos.Clients;
using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Judging;
using AkkaHa.Chaos.Nemeses;
using AkkaHa.Chaos.Nodes;
using AkkaHa.ClientApi;

namespace AkkaHa.Chaos;

/// <summary>One run: a cluster, clients, faults, rest, last reads, verdict.</summary>
static class ChaosRun
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RestAtMost = TimeSpan.FromMinutes(3);

    public static async Task<RunFigures> RunAsync(ChaosOptions options, TextWriter log, CancellationToken ct)
    {
        var files = new HistoryFiles(options.Directory);
        var nemeses = NemesesOf(options);
        log.WriteLine($"Seed {options.Seed}, {options.Time.TotalMinutes:0.##} minutes, {options.Nodes} nodes and a spare on {options.Provider}; histories in {files.Directory}");
        string[] settings = options.Break.Length > 0 ? [$"--AkkaHa:Testing:Break={options.Break}"] : [];
        await using var cluster = await ChaosCluster.StartAsync(options.Nodes, options.Provider, options.Seed, settings, ct);
        if (options.Keep)
        {
            cluster.Keep();
            log.WriteLine($"Data and logs in {cluster.Directory}");
        }
        using var rest = new Rest(cluster);
        if (await rest.WaitAsync(RestAtMost) is { } never) throw new InvalidOperationException($"the cluster did not start: {never}");
        await using (var client = AkkaHaClient.Connect(Crew.PatientOptions(cluster))) await Bank.OpenAsync(client);

        var facts = new RunFacts(
            options.Seed, options.Time.TotalMinutes, options.Nodes, options.Provider, string.Join(',', options.Only), options.Break, Names.Accounts, Bank.StartBalance, DateTimeOffset.UtcNow);
        await using (var recorder = new Recorder(files))
        {
            var bench = new Bench(recorder);
            await using var ring = new RingWatch(cluster);
            await using var crew = new Crew(cluster, bench, options.Clients, options.Seed);
            crew.Start();
            await Task.Delay(Calm, ct);
            var conductor = new Conductor(cluster, new Victims(cluster, ring, bench.InUse), bench, log);
            await DisturbAsync(conductor, crew, Plan.Of(options.Seed, nemeses, options.Between), options.Time, bench, log, ct);
            facts = facts with { Duration = bench.Now };
            log.WriteLine("All is healed; waiting for the cluster to come to rest");
            var unrest = await rest.WaitAsync(RestAtMost);
            await Task.Delay(Calm, ct);
            await crew.StopAsync();
            var unread = await new LastReads(cluster, bench).RunAsync();
            var queues = await LockQueues.ReadAsync(cluster);
            log.WriteLine($"{queues.Count:N0} steps of queues in the journal, of {queues.Select(q => q.Lock).Distinct().Count():N0} locks");
            files.WriteQueues(queues);
            string?[] wrong = [unrest, unread, .. cluster.All.SelectMany(n => n.Process.UnaskedEnds)];
            if (wrong.OfType<string>().ToArray() is { Length: > 0 } all) facts = facts with { Unrest = string.Join("; ", all) };
        }
        files.Write(files.Facts, facts);
        log.WriteLine("Judging");
        return Verdict.Of(files);
    }

    private static async Task DisturbAsync(Conductor conductor, Crew crew, IEnumerable<PlannedFault> plan, TimeSpan time, Bench bench, TextWriter log, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        over.CancelAfter(time);
        var faults = conductor.RunAsync(plan, over.Token);
        var last = bench.Recorder.Acknowledged;
        while (!faults.IsCompleted)
        {
            var ended = await Task.WhenAny(faults, crew.Working, Task.Delay(TimeSpan.FromSeconds(15), CancellationToken.None));
            // Clients end by themselves only when something is wrong with this program.
            if (ended == crew.Working) await crew.Working;
            log.WriteLine($"{bench.Now / 1e6,8:0.0}  {bench.Recorder.Acknowledged:N0} acknowledged, {(bench.Recorder.Acknowledged - last) / 15} a second");
            last = bench.Recorder.Acknowledged;
        }
        await faults;
        ct.ThrowIfCancellationRequested();
    }

    private static IReadOnlyList<Nemesis> NemesesOf(ChaosOptions options)
    {
        var possible = options.Provider == "postgres" ? Nemesis.All : [.. Nemesis.All.Where(n => n.Reach != Reach.Database && n.Name != Nemesis.CutDatabase)];
        return options.Only.Count == 0 ? possible : [.. possible.Where(n => options.Only.Contains(n.Name))];
    }
}
