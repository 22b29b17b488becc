using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Tests.Membership;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Metrics;

/// <summary>What a node counts, as a listener sees it.</summary>
public sealed class NodeMeterTests
{
    [Fact]
    public async Task Commits_aborts_retries_waits_and_writes_are_counted()
    {
        using var seen = new Seen();
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        Task<Reply> RunAsync(params Operation[] then)
        {
            var request = new TransactionRequest { TransactionId = Guid.CreateVersion7().ToString(), DeadlineSeconds = 60, Then = { then } };
            return InProcessCluster.AskAsync(node, Of(request));
        }
        Command Of(TransactionRequest request) => new() { Entity = node.Parts.Shards.TransactionSlotOf(request.TransactionId).ToString(), RunTransaction = request };
        static Operation Add(string key, long amount = 1) => new() { Add = new AddOperation { Key = key, Amount = amount } };

        // Each adds to the same keys, so that some wait, others die and come again, and reads wait for them.
        async Task RoundAsync() => await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => RunAsync(Add("a"), Add("b"), Add("c")))
            .Concat(Enumerable.Range(0, 30).Select(async i =>
            {
                await Task.Delay(5 * i);
                return await InProcessCluster.AskAsync(node, new Command { Entity = "kv/a", GetKey = new GetKeyRequest { Key = "a" } });
            })));
        await RoundAsync();
        await node.Region.Ask<Reply>(Of(new TransactionRequest { TransactionId = Guid.CreateVersion7().ToString(), DeadlineSeconds = 60, Then = { Add("a", long.MaxValue) } }), InProcessCluster.Patience);
        // How many of them meet is the machine's to say.
        for (var round = 0; round < 20 && new[] { "akkaha.transactions.retries", "akkaha.transactions.waits", "akkaha.keys.waits" }.Any(w => seen[w] == 0); round++) await RoundAsync();
        // Other tests' nodes may count too: it is one meter for the process. Each of three keys has prepared each of them; that they are applied comes beside.
        (string Name, double AtLeast)[] told =
        [
            ("akkaha.transactions.committed", 30), ("akkaha.transactions.started", 31), ("akkaha.transactions.aborted reason=operation", 1), ("akkaha.transactions.retries", 1), ("akkaha.transactions.waits", 1), ("akkaha.keys.waits", 1),
            ("akkaha.persists kind=txn", 1), ("akkaha.persists kind=kv", 1), ("akkaha.persisted.rows kind=kv", 60),
        ];
        await seen.UntilAsync(() => told.All(t => seen[t.Name] >= t.AtLeast) && seen["akkaha.persist.duration kind=kv"] > 0);
    }

    [Fact]
    public async Task What_entities_hold_and_what_ownership_does_is_counted()
    {
        using var seen = new Seen();
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        var session = (await InProcessCluster.AskAsync(node, new Command
        {
            Entity = "session/3", CreateSession = new CreateSession { Request = new CreateSessionRequest { TtlSeconds = 60 }, SessionId = AkkaHa.Messages.SessionId.Create(3, Guid.CreateVersion7()).Text },
        })).CreateSession.SessionId;
        Command Acquire(double wait) => new()
        {
            Entity = "lock/l", RequestId = Guid.CreateVersion7().ToString(), AcquireLock = new AcquireLockRequest { Name = "l", SessionId = session, HolderId = Guid.NewGuid().ToString(), WaitSeconds = wait },
        };
        Assert.Equal(1, (await InProcessCluster.AskAsync(node, Acquire(0))).LockGrant.Fence);
        node.Region.Tell(Acquire(60));

        string[] levels = ["akkaha.locks.waiters", "akkaha.sessions", "akkaha.locks.holders", "akkaha.entities.active kind=lock"];
        string[] durations = ["akkaha.entity.recovery.duration kind=lock", "akkaha.shard.take.duration", "akkaha.lease.renewal.duration"];
        await seen.UntilAsync(() => levels.All(l => seen.Up(l) >= 1) && durations.All(d => seen.Times(d) >= 1));
    }

    [Fact]
    public void An_activation_takes_all_back_that_it_has_added()
    {
        using var seen = new Seen();
        var writes = new JournalWrites();
        var meter = new EntityMeter("of-this-test", writes);
        meter.Recovered();
        meter.Waiting(5);
        meter.Waiting(2);
        meter.Persisting();
        var began = MonotonicClock.NowMs;
        writes.TrialSucceeded(began + JournalWrites.PatienceMs);
        Assert.NotNull(writes.Trouble(began + JournalWrites.PatienceMs));
        Assert.Equal((1, 2), (seen["akkaha.entities.active kind=of-this-test"], seen["akkaha.entities.queued kind=of-this-test"]));
        meter.Ended();
        meter.Ended();
        Assert.Null(writes.Trouble(began + JournalWrites.PatienceMs));
        Assert.Equal((0, 0), (seen["akkaha.entities.active kind=of-this-test"], seen["akkaha.entities.queued kind=of-this-test"]));
    }

    [Fact]
    public void A_call_is_counted_by_a_method_that_there_is_and_its_code()
    {
        using var seen = new Seen();
        RequestMeter.Answered("/akkaha.v1.Keys/Get", "NOT_FOUND", 0);
        // Routes do not mind the case, and what a caller makes up must not become a series.
        RequestMeter.Answered("/AKKAHA.v1.keys/get", "NOT_FOUND", 0);
        RequestMeter.Answered("/made/up", "NOT_FOUND", 0);
        Assert.True(seen.Times("akkaha.request.duration method=Keys/Get code=NOT_FOUND") >= 2, seen.ToString());
        Assert.True(seen.Times("akkaha.request.duration method=other code=NOT_FOUND") >= 1, seen.ToString());
    }

    internal sealed class Seen : IDisposable
    {
        private readonly ConcurrentDictionary<string, double> sums = new();
        private readonly ConcurrentDictionary<string, double> lasts = new();
        private readonly ConcurrentDictionary<string, int> times = new();
        private readonly ConcurrentDictionary<string, double> ups = new();
        private readonly MeterListener listener = new();

        public Seen()
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == NodeMeter.Name) l.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.Start();
        }

        public double this[string name] => sums.GetValueOrDefault(name);

        public int Times(string name) => times.GetValueOrDefault(name);

        /// <summary>By how much it has grown, whatever others have taken back meanwhile that they had added before.</summary>
        public double Up(string name) => ups.GetValueOrDefault(name);

        /// <summary>What it is at the moment; of one that is looked at when somebody asks, it is asked.</summary>
        public double Now(string name)
        {
            listener.RecordObservableInstruments();
            return lasts.GetValueOrDefault(name);
        }

        /// <summary>What is counted comes a little later than what it counts.</summary>
        public async Task UntilAsync(Func<bool> holds)
        {
            for (var since = Stopwatch.StartNew(); !holds(); await Task.Delay(50))
                if (since.Elapsed > InProcessCluster.Patience) throw new TimeoutException(ToString());
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = instrument.Name;
            foreach (var (tag, of) in tags) name += $" {tag}={of}";
            if (value > 0) ups.AddOrUpdate(name, value, (_, before) => before + value);
            times.AddOrUpdate(name, 1, (_, before) => before + 1);
            lasts[name] = value;
            sums.AddOrUpdate(name, value, (_, before) => before + value);
        }

        public override string ToString() => string.Join(", ", sums.ToArray().OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}"));

        public void Dispose() => listener.Dispose();
    }
}
