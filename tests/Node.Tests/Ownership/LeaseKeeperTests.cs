using System.Diagnostics;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Ownership;

/// <summary>What a node believes of the others' leases, on a real server.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class LeaseKeeperTests(OwnershipFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_look_that_fails_gives_the_others_the_whole_time_again()
    {
        var shared = fixture.Open("postgres");
        var (self, other) = (await OwnershipFixture.NodeAsync(shared), await OwnershipFixture.NodeAsync(shared));
        var incarnation = self[(self.LastIndexOf(' ') + 1)..];
        // So seldom a renewal that the connection is surely lost in a look.
        using var keeper = new LeaseKeeper(shared.Of(incarnation), self, new LeaseTimings(LeaseMs: 12_000, RenewEveryMs: 3000, LookEveryMs: 50), NullLogger.Instance);
        var renewals = 0;
        keeper.Renewed += _ => Interlocked.Increment(ref renewals);
        keeper.Start();
        await EventuallyAsync(() => Volatile.Read(ref renewals) >= 2);
        Assert.True(keeper.See(other)!.Value.UnchangedMs >= 2500);
        var (before, since) = (Volatile.Read(ref renewals), Stopwatch.StartNew());
        await using (var connection = await shared.OpenOwnershipAsync(default))
        await using (var end = connection.Command(null, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @name", ("name", Database.ApplicationNameOf(self))))
            Assert.Equal(1L, await end.ExecuteScalarAsync());
        await EventuallyAsync(() => Volatile.Read(ref renewals) > before);
        // Whatever it was that the connection was lost to may have kept the other from renewing too: it is counted from then on.
        var unchanged = keeper.See(other)!.Value.UnchangedMs!.Value;
        Assert.InRange(unchanged, 0, since.ElapsedMilliseconds);
    }

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var since = Stopwatch.StartNew(); !holds(); await Task.Delay(20)) Assert.True(since.Elapsed < Patience, "it did not come to that in time");
    }
}
