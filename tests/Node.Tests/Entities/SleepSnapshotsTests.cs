using System.Diagnostics;
using AkkaHa.Node.Entities;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

public sealed class SleepSnapshotsTests
{
    /// <summary>Else all keys that were read once would be as many commits two minutes later.</summary>
    [Fact]
    public async Task So_many_a_second_and_no_more()
    {
        var began = Stopwatch.GetTimestamp();
        using var snapshots = new SleepSnapshots();
        var taken = Enumerable.Range(0, 1_000).Count(_ => snapshots.TryTake());
        // A machine that stood still meanwhile is given those of the seconds that it did so.
        Assert.InRange(taken, 20, 20 * (1 + (int)Stopwatch.GetElapsedTime(began).TotalSeconds));
        await Task.Delay(1_100);
        Assert.True(snapshots.TryTake());
    }
}
