using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// Renews this incarnation's lease and watches those of the others, on a thread of its own: a pool whose threads are all busy must not cost the lease.
/// Losing the database closes the lease and harms nothing else; being fenced is final.
/// </summary>
internal sealed class LeaseKeeper : IDisposable
{
    private readonly Database database;
    private readonly string node;
    private readonly LeaseTimings timings;
    private readonly ILogger log;
    private readonly LeaseWatch watch;
    private readonly Lock watching = new();
    private readonly ManualResetEventSlim stop = new();
    private readonly TaskCompletionSource fenced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread thread;
    private bool wasOpen;

    public LeaseKeeper(Database database, string node, LeaseTimings timings, ILogger log, RuleSwitches? rules = null)
    {
        this.database = database;
        this.node = node;
        this.timings = timings;
        this.log = log;
        watch = new LeaseWatch(timings);
        Lease = new NodeLease(timings, rules);
        thread = new Thread(Run) { IsBackground = true, Name = "lease", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>The lease itself.</summary>
    public NodeLease Lease { get; }

    /// <summary>Done when this incarnation has been fenced by another node.</summary>
    public Task WhenFenced => fenced.Task;

    /// <summary>Why the last renewal failed; null: it did not.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>After each successful renewal: what it brought back.</summary>
    public event Action<LeaseReading>? Renewed;

    public void Start() => thread.Start();

    /// <summary>Renews no more: what is left of the lease runs out.</summary>
    public void Stop() => stop.Set();

    /// <summary>The counter at which the lease of this node was seen to run out; null when it was not, or that is not known.</summary>
    public long? ExpiredAt(string other)
    {
        lock (watching) return watch.ExpiredAt(other, MonotonicClock.NowMs);
    }

    /// <summary>All that is known of the node's lease, in one reading.</summary>
    public LeaseSight? See(string other)
    {
        lock (watching) return watch.See(other, MonotonicClock.NowMs);
    }

    /// <summary>The same of all nodes; null while nothing is known of anybody.</summary>
    public IReadOnlyList<LeaseSight>? SeeAll()
    {
        lock (watching) return watch.SeeAll(MonotonicClock.NowMs);
    }

    public void Dispose()
    {
        Stop();
        // It may be in the middle of connecting, and looks at this when that is over.
        if (!thread.IsAlive || thread.Join(TimeSpan.FromSeconds(5))) stop.Dispose();
    }

    private void Run()
    {
        DbConnection? connection = null;
        while (!stop.IsSet)
        {
            // Before it is sent: whatever the database takes is taken off the lease.
            var sent = MonotonicClock.NowMs;
            try
            {
                connection ??= database.OpenLease();
                var reading = LeaseStore.Renew(connection, node);
                var received = MonotonicClock.NowMs;
                if (!reading.Renewed)
                {
                    Lease.Fenced();
                    fenced.TrySetResult();
                    break;
                }
                Lease.Renewed(sent, received);
                OwnershipMeter.Renewed(received - sent);
                lock (watching) watch.Saw(reading.Nodes, received);
                if (LastFailure is not null) log.LogInformation("The lease is renewed again");
                LastFailure = null;
                Renewed?.Invoke(reading);
            }
            catch (Exception e)
            {
                // Whatever it is (a name that can't be resolved is a bare SocketException), it must not end the process. Not known whether the counter was raised: the lease runs on,
                // and out if this goes on; the others get the whole time again.
                OwnershipMeter.RenewalFailed();
                if (LastFailure is null) log.LogWarning("The lease could not be renewed: {Message}", e.Message);
                LastFailure = e.Message;
                lock (watching) watch.Interrupted();
                connection?.Dispose();
                connection = null;
            }
            SayWhenItChanges();
            WaitAndLook(ref connection, sent);
        }
        connection?.Dispose();
    }

    /// <summary>Until the next renewal is due. How others fare is looked at meanwhile: what is seen late is waited for longer.</summary>
    private void WaitAndLook(ref DbConnection? connection, long sent)
    {
        while (true)
        {
            var left = Math.Clamp(sent + timings.RenewEveryMs - MonotonicClock.NowMs, 10, timings.RenewEveryMs);
            if (stop.Wait(TimeSpan.FromMilliseconds(Math.Min(left, timings.LookEveryMs))) || left <= timings.LookEveryMs || connection is null) return;
            try
            {
                var rows = LeaseStore.Look(connection);
                lock (watching) watch.Looked(rows, MonotonicClock.NowMs);
            }
            catch (Exception e)
            {
                // The next renewal finds out, and says so. It connects anew, perhaps to another server: the others get the whole time again.
                log.LogDebug(e, "The others' leases could not be looked at");
                lock (watching) watch.Interrupted();
                connection.Dispose();
                connection = null;
                return;
            }
        }
    }

    private void SayWhenItChanges()
    {
        var open = Lease.IsOpen(MonotonicClock.NowMs);
        if (wasOpen && !open) OwnershipMeter.LeaseRanOut();
        if (wasOpen && !open) log.LogWarning("The lease has run out: this node answers nothing until it can renew it ({Reason})", LastFailure ?? "the renewal came late");
        if (!wasOpen && open) log.LogDebug("The lease is valid");
        wasOpen = open;
    }
}
