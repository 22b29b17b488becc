using System.Diagnostics;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Watches;
using Google.Protobuf;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Many who watch, in memory alone.</summary>
public sealed class WatchHubTests(ITestOutputHelper output)
{
    private const int Watchers = 10_000;
    private const int Prefixes = 100;

    [Fact]
    public void Ten_thousand_watchers_of_a_hundred_prefixes_each_get_their_changes_and_cost_a_few_kilobytes_each()
    {
        const int Changes = 1000;
        var hub = new WatchHub(postgres: false);
        hub.Begin(JournalPosition.Start);
        // What this thread makes, since other tests' memory comes and goes meanwhile.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watchers = Enumerable.Range(0, Watchers).Select(i => new Watcher(new WatchedKeys($"tenant-{i % Prefixes:00}/", Exact: false))).ToArray();
        foreach (var watcher in watchers) Assert.True(hub.TryJoin(watcher, null, out _));
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Watchers;

        var value = ByteString.CopyFrom(new byte[128]);
        var items = Enumerable.Range(1, Changes).Select(i => WatchItem.Of(
            new WatchPosition(new JournalPosition(0, i)), $"tenant-{i % Prefixes:00}/{i}", new KeyWritten { Present = true, Revision = 1, Value = value }, postgres: false)).ToArray();
        var took = Stopwatch.StartNew();
        hub.Publish(items, items[^1].Position.Row);
        output.WriteLine($"{each} bytes a watcher that waits; {Changes} changes to {Watchers / Prefixes} watchers each in {took.ElapsedMilliseconds} ms");
        foreach (var (watcher, i) in watchers.Select((w, i) => (w, i)))
        {
            for (var taken = 0; taken < Changes / Prefixes; taken++)
            {
                Assert.True(watcher.TryTake(out var item));
                Assert.StartsWith($"tenant-{i % Prefixes:00}/", item!.Key, StringComparison.Ordinal);
            }
            Assert.False(watcher.TryTake(out _));
        }
        Assert.InRange(each, 1, 4096);

        foreach (var watcher in watchers) hub.Leave(watcher);
        Assert.Equal(0, hub.Count);
    }

    [Fact]
    public void What_a_watcher_has_not_taken_is_bounded_in_bytes_too()
    {
        var hub = new WatchHub(postgres: false);
        hub.Begin(JournalPosition.Start);
        var watcher = new Watcher(new WatchedKeys("", Exact: false));
        hub.TryJoin(watcher, null, out _);
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        for (var i = 1; i <= 9; i++)
        {
            var at = new WatchPosition(new JournalPosition(0, i));
            hub.Publish([WatchItem.Of(at, "k", new KeyWritten { Present = true, Revision = i, Value = value }, postgres: false)], at.Row);
            Assert.Equal(i < 8, watcher.Ended is null);
        }
        Assert.False(watcher.TryTake(out _));
        Assert.Equal(0, hub.Count);
    }

    [Fact]
    public void Beyond_the_limit_of_watchers_the_next_is_refused()
    {
        var hub = new WatchHub(postgres: false);
        hub.Begin(JournalPosition.Start);
        for (var i = 0; i < Limits.WatchersPerNode; i++) hub.TryJoin(new Watcher(new WatchedKeys("", Exact: false)), null, out _);
        var refused = Assert.Throws<Node.Api.Errors.RefusedException>(() => hub.TryJoin(new Watcher(new WatchedKeys("", Exact: false)), null, out _));
        Assert.Equal(Messages.V1.ErrorCode.LimitExceeded, refused.Failure.Code);
    }
}
