using AkkaHa.Node.Entities;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

public sealed class SleepSnapshotsTests
{
    /// <summary>Else all keys that were read once would be as many commits two minutes later.</summary>
    [Fact]
    public async Task So_many_a_second_and_no_more()
    {
        using var snapshots = new SleepSnapshots();
        Assert.Equal(20, Enumerable.Range(0, 1_000).Count(_ => snapshots.TryTake()));
        await Task.Delay(1_100);
        Assert.True(snapshots.TryTake());
    }
}
