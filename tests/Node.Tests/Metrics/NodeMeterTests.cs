using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Actor;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Tests.Docs;
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

        // Each adds to the same keys, so that some wait and others die and come again.
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => RunAsync(Add("a"), Add("b"), Add("c"))));
        await node.Region.Ask<Reply>(Of(new TransactionRequest { TransactionId = Guid.CreateVersion7().ToString(), Then = { Add("a", long.MaxValue) } }), InProcessCluster.Patience);
        // Other tests' nodes may count too: it is one meter for the process.
        Assert.True(seen["akkaha.transactions.committed"] >= 30, seen.ToString());
        Assert.True(seen["akkaha.transactions.started"] >= 31, seen.ToString());
        Assert.True(seen["akkaha.transactions.aborted reason=operation"] >= 1, seen.ToString());
        Assert.True(seen["akkaha.transactions.retries"] > 0, seen.ToString());
        Assert.True(seen["akkaha.transactions.waits"] > 0, seen.ToString());
        Assert.True(seen["akkaha.persists kind=txn"] > 0 && seen["akkaha.persists kind=kv"] > 0, seen.ToString());
        // Each of three keys has prepared each of them; that they are applied comes beside.
        Assert.True(seen["akkaha.persisted.rows kind=kv"] >= 90, seen.ToString());
        Assert.True(seen["akkaha.persist.duration kind=kv"] > 0, seen.ToString());
    }

    [Fact]
    public void Every_instrument_is_in_the_page_for_operators() =>
        Assert.All(NodeMeter.Instruments, name => Assert.Contains($"| `{name}` |", Repository.Read("docs/operating.md"), StringComparison.Ordinal));

    internal sealed class Seen : IDisposable
    {
        private readonly ConcurrentDictionary<string, double> sums = new();
        private readonly MeterListener listener = new();

        public Seen()
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == NodeMeter.Name) l.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.Start();
        }

        public double this[string name] => sums.GetValueOrDefault(name);

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = instrument.Name;
            foreach (var (tag, of) in tags) name += $" {tag}={of}";
            sums.AddOrUpdate(name, value, (_, before) => before + value);
        }

        public override string ToString() => string.Join(", ", sums.OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}"));

        public void Dispose() => listener.Dispose();
    }
}
