using AkkaHa.Chaos.Nodes;
using AkkaHa.ClientApi;

namespace AkkaHa.Chaos.Clients;

/// <summary>All clients of a run.</summary>
sealed class Crew : IAsyncDisposable
{
    private const int SessionLives = 8;
    private static readonly TimeSpan LastStepAtMost = TimeSpan.FromSeconds(90);

    private readonly CancellationTokenSource stop = new();
    private readonly List<AkkaHaClient> clients = [];
    private readonly List<PinnedNode> pinned = [];
    private readonly List<PinnedNode> hunted = [];
    private readonly List<Workload> workloads = [];
    private Task working = Task.CompletedTask;

    public Crew(ChaosCluster cluster, Bench bench, int clientCount, int seed)
    {
        int Seed() => seed += 7919;
        for (var c = 0; c < clientCount; c++)
        {
            var client = AkkaHaClient.Connect(Options(cluster));
            clients.Add(client);
            for (var i = 0; i < 6; i++) workloads.Add(new Registers($"registers-{c}.{i}", client, bench, Seed()));
            for (var i = 0; i < 2; i++) workloads.Add(new Lists($"lists-{c}.{i}", client, bench, Seed()));
            for (var i = 0; i < 2; i++) workloads.Add(new Cells($"cells-{c}.{i}", client, bench, Seed()));
            for (var i = 0; i < 2; i++) workloads.Add(new Bank($"bank-{c}.{i}", client, bench, Seed()));
            for (var i = 0; i < 3; i++) workloads.Add(new Locks($"locks-{c}.{i}", client, bench, Seed()));
            for (var i = 0; i < 2; i++) workloads.Add(new Semaphores($"semaphores-{c}.{i}", client, bench, Seed()));
        }
        // A hundred accounts are seldom all to be had at once: one who looks at them must be patient.
        clients.Add(AkkaHaClient.Connect(PatientOptions(cluster)));
        workloads.Add(new Auditor("auditor", clients[^1], bench, Seed()));
        foreach (var node in cluster.All)
        {
            pinned.Add(new PinnedNode(node.Name, node.HttpUrl, PinnedNode.Hurried));
            var patient = new PinnedNode(node.Name, node.HttpUrl, PinnedNode.Patient);
            hunted.Add(patient);
            workloads.Add(new ZombieHunter(patient, bench, Seed()));
        }
        for (var i = 0; i < SessionLives; i++) workloads.Add(new Sessions($"sessions-{i}", [.. pinned.Take(cluster.Members.Count)], [.. hunted.Take(cluster.Members.Count)], bench, Seed()));
    }

    /// <summary>Ends only when something is wrong with this program, or after <see cref="StopAsync"/>.</summary>
    public Task Working => working;

    public void Start() => working = FirstBrokenAsync([.. workloads.Select(w => Task.Run(() => w.RunAsync(stop.Token)))]);

    /// <summary>Lets each end what it is at.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await working.WaitAsync(LastStepAtMost);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        foreach (var client in clients) await client.DisposeAsync();
        foreach (var node in pinned.Concat(hunted)) node.Dispose();
        stop.Dispose();
    }

    /// <summary>Impatient: a client that hangs on to one dead owner for half a minute finds out little.</summary>
    public static AkkaHaClientOptions Options(ChaosCluster cluster) => new()
    {
        Endpoints = cluster.Endpoints,
        AttemptTimeout = TimeSpan.FromSeconds(1.5),
        GiveUpAfter = TimeSpan.FromSeconds(8),
        RingRefresh = TimeSpan.FromSeconds(3),
        SessionTtl = TimeSpan.FromSeconds(5),
        TransactionDeadline = TimeSpan.FromSeconds(6),
        TransactionTries = 5,
    };

    /// <summary>Patient: for what must succeed, before the faults and after them.</summary>
    public static AkkaHaClientOptions PatientOptions(ChaosCluster cluster) => new()
    {
        Endpoints = cluster.Endpoints, GiveUpAfter = TimeSpan.FromSeconds(50), TransactionDeadline = TimeSpan.FromSeconds(30),
    };

    private static async Task FirstBrokenAsync(IReadOnlyList<Task> tasks)
    {
        await foreach (var ended in Task.WhenEach(tasks)) await ended;
    }
}
