using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Core.Tests.Entities;

/// <summary>When a snapshot is due: what it costs stays in proportion to the rows, and what a recovery reads stays bounded.</summary>
public sealed class SnapshotDueTests(ITestOutputHelper output)
{
    private static readonly EntityId Hot = EntityId.Lock("hot");
    private static readonly int OfK = SnapshotPace.RowsOf(EntityId.Key("k"));

    /// <summary>A thousand keys that are written alike would take a thousand snapshots in one second, and be in each other's way.</summary>
    [Fact]
    public void Entities_that_are_written_alike_take_theirs_at_different_times()
    {
        var rows = Enumerable.Range(0, 10_000).Select(i => SnapshotPace.RowsOf(EntityId.Key($"k{i}"))).ToArray();
        Assert.Equal((200, 599), (rows.Min(), rows.Max()));
        Assert.InRange(rows.Average(), 390, 410);
        Assert.InRange(rows.GroupBy(r => r / 20).Max(g => g.Count()), 500, 600);
    }

    [Fact]
    public void Where_little_is_remembered_it_is_due_every_so_many_rows()
    {
        var entity = new Entity(EntityId.Key("k"), Machines.For(EntityId.Key("k")), 1, false);
        entity.FinishRecovery(0);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 1; i < OfK; i++) Run(entity, Make.Put("v"), round);
            Assert.False(entity.IsSnapshotDue);
            Run(entity, Make.Put("v"), round);
            Assert.True(entity.IsSnapshotDue);
            entity.TakeSnapshot();
            Assert.False(entity.IsSnapshotDue);
        }
    }

    /// <summary>A thousand acquires and as many releases a second, for two minutes: a snapshot has the outcomes of one of them.</summary>
    [Fact]
    public void A_hot_lock_writes_little_more_for_snapshots_than_for_rows()
    {
        var (entity, ms) = (new Entity(Hot, Machines.For(Hot), 1, false), 0L);
        entity.FinishRecovery(0);
        var (rowBytes, snapshotBytes, snapshots, largest, longest, since, fence) = (0L, 0L, 0, 0, 0L, 0L, 0L);
        for (var i = 0; i < 120_000; i++)
        {
            foreach (var command in (Command[])[Of(LockScenario.Acquire(1, 0), i, ms), LockScenario.Alive(1), Of(LockScenario.Release(1, ++fence), 500_000 + i, ms)])
            {
                foreach (var row in Run(entity, command, ms)) (rowBytes, since) = (rowBytes + row.CalculateSize(), since + 1);
                longest = Math.Max(longest, since);
                if (!entity.IsSnapshotDue) continue;
                var size = entity.TakeSnapshot().CalculateSize();
                (snapshots, snapshotBytes, largest, since) = (snapshots + 1, snapshotBytes + size, Math.Max(largest, size), 0);
            }
            ms++;
        }
        Assert.Equal(120_000, fence);
        output.WriteLine($"{entity.DurableSequenceNr} rows of {rowBytes / entity.DurableSequenceNr} bytes; {snapshots} snapshots, the largest of {largest / 1024} KiB; "
            + $"{(double)snapshotBytes / rowBytes:0.0} bytes of snapshots for each of rows, after at most {longest} rows. Every 400 rows it would be {largest / 400.0 / (rowBytes / entity.DurableSequenceNr):0} when the minute is full");
        Assert.InRange(longest, SnapshotPace.RowsOf(Hot), SnapshotPace.RowsAtMost);
        Assert.InRange((double)snapshotBytes / rowBytes, 0, 10);
    }

    [Fact]
    public void Recovery_counts_the_rows_that_it_has_read()
    {
        var scenario = Scenario.Fresh(EntityId.Key("k"));
        for (var i = 1; i < OfK; i++) scenario.When(Make.Put("v"));
        scenario.Restart();
        Assert.False(scenario.Entity.IsSnapshotDue);
        scenario.When(Make.Put("v"));
        Assert.True(scenario.Entity.IsSnapshotDue);
        scenario.RestartFromSnapshot();
        Assert.False(scenario.Entity.IsSnapshotDue);
    }

    /// <summary>Who wakes it next reads what is behind it.</summary>
    [Fact]
    public void Before_it_sleeps_it_is_due_with_64_rows()
    {
        var scenario = Scenario.Fresh(EntityId.Key("k"));
        for (var i = 0; i < 40; i++) scenario.When(Make.Put("v"));
        scenario.Restart();
        for (var i = 0; i < 23; i++) scenario.When(Make.Put("v"));
        Assert.False(scenario.Entity.IsSnapshotDueBeforeSleep);
        scenario.When(Make.Put("v"));
        Assert.True(scenario.Entity.IsSnapshotDueBeforeSleep);
        Assert.False(scenario.Entity.IsSnapshotDue);
        scenario.RestartFromSnapshot();
        Assert.False(scenario.Entity.IsSnapshotDueBeforeSleep);
    }

    private static Command Of(Command command, int number, long ms)
    {
        command.RequestId = new Guid(Make.RequestId(ms)).ToString()[..23] + FormattableString.Invariant($"-{number:x12}");
        return command;
    }

    private static IReadOnlyList<Messages.Storage.Envelope> Run(Entity entity, Command command, long ms)
    {
        var batch = entity.Decide([new Incoming(1, command)], new Moment(Scenario.StartMs + ms, 1000 + ms));
        if (batch.Rows.Count > 0) entity.Persisted();
        return batch.Rows;
    }
}
