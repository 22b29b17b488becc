using System.Diagnostics;
using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>A client's process is stopped beyond its time to live, and goes on: with what it was told meanwhile, before any timer of its own.</summary>
public sealed class FrozenClientTests(OneNode one) : IClassFixture<OneNode>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_it_writes_on_waking_is_refused(bool hasNext)
    {
        var cluster = one.Cluster;
        var name = $"frozen/{hasNext}";
        using var process = HoldingClient.Start(cluster.Local.Endpoints, name, name);
        try
        {
            Assert.EndsWith(" 1", await LineAsync(process), StringComparison.Ordinal);
            Assert.Equal("held written", await TellAsync(process, "handle before"));
            await using var client = cluster.Connect();
            Signals.Send(process, Signals.Stop);
            await using var next = hasNext ? await client.Locks.AcquireAsync(name, ClusterUnderTest.Patience) : null;
            if (!hasNext) await ClusterUnderTest.EventuallyAsync(async () => (await client.Locks.GetAsync(name)).Holders.Count == 0, "the lock of the frozen client is not free");
            // The next one has read, and goes by it.
            Assert.Equal("before", await client.Keys.GetStringAsync(name));
            await process.StandardInput.WriteLineAsync("handle after");
            await process.StandardInput.WriteLineAsync("fence after");
            await process.StandardInput.FlushAsync();
            Signals.Send(process, Signals.Continue);
            foreach (var _ in (string[])["handle", "fence"])
            {
                var said = await LineAsync(process);
                Assert.True(said is "lost FenceStaleException" or "lost SessionExpiredException", said);
            }
            Assert.Equal("before", await client.Keys.GetStringAsync(name));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<string> TellAsync(Process process, string what)
    {
        await process.StandardInput.WriteLineAsync(what);
        await process.StandardInput.FlushAsync();
        return await LineAsync(process);
    }

    private static async Task<string> LineAsync(Process process) => await process.StandardOutput.ReadLineAsync().WaitAsync(ClusterUnderTest.Patience) ?? throw new InvalidOperationException("it has ended");
}
