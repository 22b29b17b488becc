using AkkaHa.Core.Entities;
using AkkaHa.Node.Metrics;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// The one place where this node's grants change: takes shards and gives them back, many in one transaction, those of one shard in the order in which they were asked for.
/// A take waits here, without asking the database over and over, until the holder's lease has run out.
/// </summary>
internal sealed class GrantKeeper
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    /// <summary>A holder whose lease has not run out may have released meanwhile: how often to look.</summary>
    private const long LookEveryMs = 50;

    private readonly OwnershipStore store;
    private readonly LeaseKeeper leases;
    private readonly Grants grants;
    private readonly string node;
    private readonly RuleSwitches rules;
    private readonly ILogger log;
    private readonly Lock guard = new();
    private readonly Dictionary<int, Wanted> takes = [];
    private readonly Dictionary<int, long> releases = [];
    private readonly HashSet<int> inTransaction = [];
    private HashSet<(int Shard, long Epoch)> orphans = [];
    private readonly SemaphoreSlim work = new(0, 1);
    private readonly CancellationTokenSource ending = new();
    private TaskCompletionSource quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task loop = Task.CompletedTask;
    private bool over;

    public GrantKeeper(OwnershipStore store, LeaseKeeper leases, Grants grants, string node, RuleSwitches rules, ILogger log)
    {
        this.store = store;
        this.leases = leases;
        this.grants = grants;
        this.node = node;
        this.rules = rules;
        this.log = log;
        leases.Renewed += ReleaseOrphans;
    }

    private sealed class Wanted(Action<Exception> lost)
    {
        public Action<Exception> Lost => lost;

        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long SinceMs { get; } = MonotonicClock.NowMs;

        /// <summary>Who had it when it was last asked for.</summary>
        public string? Holder { get; set; }

        public long LookedMs { get; set; } = long.MinValue;

        /// <summary>Why it is not known whether it was taken; null: it was not.</summary>
        public Exception? Unknown { get; set; }
    }

    /// <summary>Why the last transaction failed; null: it did not.</summary>
    public string? LastFailure { get; private set; }

    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>The epoch of the new grant, which has entered the table; null: another node has the shard and goes on having it.</summary>
    /// <exception cref="Exception">Whether it was taken is not known.</exception>
    public Task<long?> TakeAsync(int shard, Action<Exception> lost)
    {
        lock (guard)
        {
            if (over) return Task.FromResult<long?>(null);
            if (takes.Remove(shard, out var before)) before.Done.TrySetResult(null);
            var wanted = takes[shard] = new Wanted(lost);
            Signal();
            return wanted.Done.Task;
        }
    }

    /// <summary>The grant is gone when this returns; its row follows. What is still being taken is given back when it comes.</summary>
    public void Release(int shard)
    {
        lock (guard)
        {
            // Should it be taken nevertheless, by a transaction that is under way, the grant does not enter, and the row is an orphan.
            if (takes.Remove(shard, out var wanted)) wanted.Done.TrySetResult(null);
            if (grants.EpochOf(shard) is not { } epoch) return;
            releases[shard] = epoch;
            grants.Leave(shard, epoch);
            Signal();
        }
    }

    /// <summary>Gives everything back; nothing is taken any more.</summary>
    public void ReleaseAll()
    {
        lock (guard)
        {
            over = true;
            foreach (var wanted in takes.Values) wanted.Done.TrySetResult(null);
            takes.Clear();
            foreach (var (shard, epoch) in grants.Clear()) releases[shard] = epoch;
            Signal();
        }
    }

    /// <summary>Done when everything given back is so in the database too.</summary>
    public async Task WhenReleasedAsync()
    {
        while (true)
        {
            Task until;
            lock (guard)
            {
                if (releases.Count == 0 && inTransaction.Count == 0) return;
                until = quiet.Task;
            }
            await until;
        }
    }

    public async Task EndAsync()
    {
        leases.Renewed -= ReleaseOrphans;
        await ending.CancelAsync();
        await loop;
        lock (guard)
            foreach (var wanted in takes.Values) wanted.Done.TrySetException(new OperationCanceledException("this incarnation has ended"));
    }

    /// <summary>The database says that these are held here: one that is neither granted nor on its way in or out stands in everybody's way.</summary>
    private void ReleaseOrphans(LeaseReading reading)
    {
        if (!rules.OrphanSweep) return;
        lock (guard)
        {
            var idle = reading.Mine.Where(m => grants.EpochOf(m.Shard) != m.Epoch && !takes.ContainsKey(m.Shard) && !inTransaction.Contains(m.Shard) && !releases.ContainsKey(m.Shard)).ToHashSet();
            // Twice in a row: the first may have been read just before its release was committed.
            foreach (var (shard, epoch) in idle.Where(orphans.Contains))
            {
                log.LogInformation("Shard {Shard} is held by this node as #{Epoch}, but not run by it: giving it back", shard, epoch);
                releases[shard] = epoch;
                Signal();
            }
            orphans = idle;
        }
    }

    private void Signal()
    {
        if (work.CurrentCount == 0) work.Release();
    }

    private async Task RunAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                // Without work, until there is some; with takes that wait for a lease to run out, a little.
                await work.WaitAsync(Waiting() ? AskAgainAfter : Timeout.InfiniteTimeSpan, ending.Token);
                await ReleaseAsync();
                await TakeAsync();
                LastFailure = null;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (FencedException)
            {
                // The keeper of the lease finds out by itself, and this incarnation ends. What it holds can still be given back.
                lock (guard)
                {
                    over = true;
                    foreach (var wanted in takes.Values) wanted.Done.TrySetResult(null);
                    takes.Clear();
                }
            }
            catch (Exception e)
            {
                if (LastFailure is null) log.LogWarning("Shards could not be taken or given back, will try again: {Message}", e.Message);
                LastFailure = e.Message;
                GiveUp(e);
                await Task.Delay(PauseAfterFailure).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                lock (guard) Signal();
            }
        }
    }

    private bool Waiting()
    {
        lock (guard) return takes.Count > 0;
    }

    private async Task ReleaseAsync()
    {
        (int Shard, long Epoch)[] now;
        lock (guard) now = [.. releases.Select(r => (r.Key, r.Value))];
        if (now.Length == 0) return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        patience.CancelAfter(Patience);
        await store.ReleaseAsync(now, node, patience.Token);
        OwnershipMeter.GaveBack(now.Length);
        lock (guard)
        {
            foreach (var (shard, epoch) in now)
                if (releases.GetValueOrDefault(shard) == epoch) releases.Remove(shard);
            SayWhenQuiet();
        }
    }

    private void SayWhenQuiet()
    {
        if (releases.Count > 0 || inTransaction.Count > 0) return;
        quiet.TrySetResult();
        quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private async Task TakeAsync()
    {
        Dictionary<int, Wanted> now;
        var nowMs = MonotonicClock.NowMs;
        lock (guard)
        {
            now = takes.Where(t => t.Value.Holder is not { } holder || leases.ExpiredAt(holder) is not null || !rules.WaitOutLease || nowMs - t.Value.LookedMs >= LookEveryMs).ToDictionary();
            inTransaction.UnionWith(now.Keys);
        }
        if (now.Count == 0) return;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
            patience.CancelAfter(Patience);
            TakeResult result;
            try
            {
                result = await store.TakeAsync(now.Keys, node, leases.ExpiredAt, patience.Token);
            }
            catch (Exception e)
            {
                foreach (var wanted in now.Values) wanted.Unknown = e;
                throw;
            }
            lock (guard) Enter(now, result);
        }
        finally
        {
            lock (guard)
            {
                inTransaction.ExceptWith(now.Keys);
                SayWhenQuiet();
            }
        }
    }

    private void Enter(Dictionary<int, Wanted> asked, TakeResult result)
    {
        foreach (var (shard, wanted) in asked)
        {
            var stillWanted = takes.GetValueOrDefault(shard) == wanted;
            if (result.Taken.TryGetValue(shard, out var epoch))
            {
                if (!stillWanted && !takes.ContainsKey(shard)) releases[shard] = epoch;
                if (!stillWanted) continue;
                takes.Remove(shard);
                grants.Enter(shard, epoch, wanted.Lost);
                OwnershipMeter.Taken(MonotonicClock.NowMs - wanted.SinceMs);
                wanted.Done.TrySetResult(epoch);
                continue;
            }
            wanted.Holder = result.Held[shard] is { Length: > 0 } holder ? holder : null;
            wanted.LookedMs = MonotonicClock.NowMs;
            wanted.Unknown = null;
            if (!stillWanted || MonotonicClock.NowMs - wanted.SinceMs < Patience.TotalMilliseconds) continue;
            takes.Remove(shard);
            wanted.Done.TrySetResult(null);
        }
        if (releases.Count > 0) Signal();
    }

    /// <summary>After failures for too long, those who wait hear that it is not known.</summary>
    private void GiveUp(Exception cause)
    {
        lock (guard)
        {
            foreach (var (shard, wanted) in takes.ToArray())
            {
                if (MonotonicClock.NowMs - wanted.SinceMs < Patience.TotalMilliseconds) continue;
                takes.Remove(shard);
                wanted.Done.TrySetException(wanted.Unknown ?? cause);
            }
        }
    }
}
