using System.Collections.Concurrent;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// On every node: wakes the locks in use of the shards that it has taken, by looking at them. A lock that sleeps hears of no session's end, where the session's slot has moved too and does not know of the lock any more;
/// awake, it asks the slots of all who hold it or wait for it (ADR 0025). A few at a time, and not at once: what clients wait for goes first.
/// </summary>
internal sealed class LockWaker(LockIndex index, IEntities entities, Func<NodeParts?> parts, ILogger<LockWaker> log) : BackgroundService
{
    private const int AtOnce = 8;
    private const int NamesAtOnce = 1000;
    private const int Tries = 5;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly EntityCalls calls = new(entities);
    private readonly Dictionary<int, long> done = [];
    private readonly HashSet<(int Shard, long Epoch)> seen = [];
    private readonly Dictionary<string, int> failed = new(StringComparer.Ordinal);
    private string? lastFailure;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (parts() is { Leaving: false, DatabaseAnswers: true, Rules.LocksWake: true } present) await RoundAsync(present, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node is leaving.
        }
    }

    private async Task RoundAsync(NodeParts present, CancellationToken ct)
    {
        try
        {
            var due = Due(present.Grants);
            // Kept until they answer, also where this round does not get so far.
            while (present.LocksEnded.TryDequeue(out var ended)) failed.TryAdd(ended, 0);
            var names = failed.Keys.ToHashSet(StringComparer.Ordinal);
            if (due.Count > 0 && !await AddAsync(names, due, ct)) return;
            await WakeAsync(names, ct);
            foreach (var (shard, epoch) in due) done[shard] = epoch;
            lastFailure = null;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // The next round may fare better.
            if (lastFailure != e.Message) log.LogWarning("Locks could not be woken: {Message}", e.Message);
            lastFailure = e.Message;
        }
    }

    /// <summary>Shards that were here in the round before too, and whose locks have not been woken under this grant.</summary>
    private Dictionary<int, long> Due(Grants grants)
    {
        var due = new Dictionary<int, long>();
        var now = grants.Shards.Select(s => (Shard: s, Epoch: grants.EpochOf(s))).Where(s => s.Epoch is not null).Select(s => (s.Shard, s.Epoch!.Value)).ToHashSet();
        foreach (var (shard, epoch) in now)
            if (done.GetValueOrDefault(shard, -1) != epoch && seen.Contains((shard, epoch))) due[shard] = epoch;
        seen.Clear();
        seen.UnionWith(now);
        return due;
    }

    /// <summary>False: the index is not there yet, or far behind.</summary>
    private async Task<bool> AddAsync(HashSet<string> names, Dictionary<int, long> due, CancellationToken ct)
    {
        if (await index.CatchUpAsync(ct) != JournalIndex.CaughtUp.Yes) return false;
        for (var after = ""; ;)
        {
            var page = await index.NamesAsync(KeyRange.OfPrefix(""), after, NamesAtOnce, ct);
            names.UnionWith(page.Where(n => due.ContainsKey(entities.Shards.ShardOf(EntityId.Lock(n)))));
            if (page.Length < NamesAtOnce) return true;
            after = page[^1];
        }
    }

    private async Task WakeAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        var asleep = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (name, token) =>
        {
            try
            {
                await calls.AskAsync(EntityId.Lock(name), new Command { GetLock = new GetLockRequest { Name = name } }, token);
            }
            catch (RefusedException)
            {
                asleep.Add(name);
            }
        });
        foreach (var name in failed.Keys.Except(asleep).ToArray()) failed.Remove(name);
        foreach (var name in asleep)
        {
            if ((failed[name] = failed.GetValueOrDefault(name) + 1) < Tries) continue;
            failed.Remove(name);
            log.LogWarning("Lock '{Lock}' could not be woken: until somebody asks for it, the end of its holder may go unnoticed", name);
        }
    }
}
