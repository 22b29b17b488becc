using System.Diagnostics.Metrics;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Tests.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Eventual;

/// <summary>For how long changes of eventual data are said to wait.</summary>
public sealed class EventualLagTests
{
    private readonly EventualLag lag = new();

    [Fact]
    public void The_oldest_change_that_is_not_in_the_file_counts_until_all_are()
    {
        Assert.Equal((0, 0), lag.At(1000));
        lag.ToBeStored(1000);
        lag.ToBeStored(1500);
        Assert.Equal((2, 0), lag.At(3000));
        lag.Stored();
        Assert.Equal((0, 0), lag.At(3000));
    }

    [Fact]
    public void What_a_member_missed_counts_from_its_first_change_until_it_has_caught_up()
    {
        lag.Changed(500);
        Assert.Equal((0, 0), lag.At(1000));
        lag.Cut(missedSinceMs: null);
        Assert.Equal((0, 0), lag.At(1000));
        lag.Changed(2000);
        lag.Changed(3000);
        Assert.Equal((0, 2), lag.At(4000));
        // Something else was sent to all who can be reached.
        lag.CaughtUp();
        Assert.Equal((0, 2), lag.At(4000));
        Assert.Null(lag.ToBeSentSince);
        lag.Healed();
        Assert.Equal(2000, lag.ToBeSentSince);
        Assert.Equal((0, 3), lag.At(5000));
        lag.CaughtUp();
        Assert.Equal((0, 0), lag.At(5000));
    }

    [Fact]
    public void What_was_sent_shortly_before_a_cut_was_noticed_may_be_missed_too()
    {
        lag.Cut(missedSinceMs: 1000);
        lag.Changed(5000);
        Assert.Equal((0, 5), lag.At(6000));
    }

    [Fact]
    public async Task A_node_tells_it_as_a_gauge()
    {
        await using var cluster = new InProcessCluster();
        // The file is written after half of that.
        var node = await cluster.StartAsync(writeBehindMs: 4000);
        var told = new Dictionary<string, double>(StringComparer.Ordinal);
        _ = new NodeGauges(() => node, () => true, shards: 16);
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "akkaha.eventual.lag") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            // Other tests may have made gauges too, of nodes that have no lag.
            lock (told) told[(string)tags[0].Value!] = Math.Max(told.GetValueOrDefault((string)tags[0].Value!), seconds);
        });
        listener.Start();
        double Of(string until)
        {
            lock (told) told.Clear();
            listener.RecordObservableInstruments();
            lock (told) return told[until];
        }
        await InProcessCluster.EventuallyAsync(() => node.Eventual.Parts.IsLoaded);
        // Again and again: a machine that stands still for a moment sees the change in the file at once.
        await InProcessCluster.EventuallyAsync(() =>
        {
            _ = node.Eventual.UpdateAsync(new EventualUpdate(Kind.Counter, Placing.NameOf(Kind.Counter, "c")) { Increment = 1 }, EventualConsistency.Local, InProcessCluster.Patience);
            return Of("file") > 0;
        });
        await InProcessCluster.EventuallyAsync(() => Of("file") == 0);
        Assert.Equal(0, Of("members"));
    }
}
