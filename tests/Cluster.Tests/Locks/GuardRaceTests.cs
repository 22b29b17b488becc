using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>Guarded writes race against the release of their lock and its next grant. The next holder reads first: nothing of the one before may come after that.</summary>
public sealed class GuardRaceTests(OneNode one) : IClassFixture<OneNode>
{
    private const int Rounds = 60;
    private const int WritesEach = 4;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_next_holder_has_read_no_write_of_the_one_before_changes(bool force)
    {
        await using var old = one.Cluster.Connect();
        await using var next = one.Cluster.Connect();
        var (name, refused) = ($"race/{force}", 0);
        for (var round = 0; round < Rounds; round++)
        {
            var held = await old.Locks.AcquireAsync(name);
            var guard = new Guard(name, held.Fence);
            var waits = next.Locks.AcquireAsync(name);
            var writes = Enumerable.Range(0, WritesEach).Select(i => WriteAsync(old, name, $"{round}/{i}", guard)).ToArray();
            if (round % 3 > 0) await Task.Delay(round % 3);
            if (force) await next.Locks.ForceReleaseAsync(name, "race");
            else await held.ReleaseAsync();
            await using (var taken = await waits)
            {
                var read = await next.Keys.GetAsync(name);
                refused += (await Task.WhenAll(writes)).Count(done => !done);
                // All that were under way have ended, and none of them has landed since.
                Assert.Equal(read?.Revision, (await next.Keys.GetAsync(name))?.Revision);
                await next.Keys.PutAsync(name, "next", read?.Revision ?? Revision.Absent, guard: taken);
            }
            await held.DisposeAsync();
        }
        Assert.InRange(refused, 1, (Rounds * WritesEach) - 1);
    }

    private static async Task<bool> WriteAsync(AkkaHaClient client, string key, string value, Guard guard)
    {
        try
        {
            await client.Keys.PutAsync(key, value, guard: guard);
            return true;
        }
        catch (FenceStaleException)
        {
            return false;
        }
    }
}
