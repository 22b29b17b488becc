using System.Diagnostics;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Backups;

public sealed class BackupGiveUpTests
{
    [Fact]
    public async Task Nodes_are_asked_for_a_backup_until_the_client_gives_up()
    {
        // Nobody listens on port 1.
        await using var client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = "http://127.0.0.1:1", GiveUpAfter = TimeSpan.FromSeconds(1) });
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<UnavailableException>(() => client.Backups.TakeAsync(Stream.Null));
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(1), $"it gave up after {watch.Elapsed}");
    }
}
