using System.Diagnostics;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>How a pipeline ends, and what becomes of its calls. Each has a node of its own, since some end that.</summary>
public sealed class PipelineEndTests : IAsyncLifetime
{
    private static readonly PipelinedCall Get = new() { Id = 1, GetKey = new GetKeyRequest { Key = "k" } };

    private readonly ApiHost host = new();
    private readonly TaskCompletionSource held = new();
    private PipelineStream stream = null!;

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        host.Entities.Answer = async (_, _) =>
        {
            await held.Task;
            return new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } };
        };
        stream = new PipelineStream(host);
        await stream.BeginAsync();
    }

    public async Task DisposeAsync()
    {
        held.TrySetResult();
        stream.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task When_the_stream_breaks_those_who_wait_for_locks_are_taken_back()
    {
        await stream.WaitForLockAsync("r1");

        stream.Dispose();

        await stream.TakenBackAsync("r1");
    }

    [Fact]
    public async Task Who_has_ended_his_side_and_goes_takes_back_what_he_waited_for()
    {
        await stream.WaitForLockAsync("r1");
        await stream.CompleteAsync();
        await Task.Delay(100);

        stream.Dispose();

        await stream.TakenBackAsync("r1");
    }

    [Fact]
    public async Task When_the_caller_ends_his_side_he_gets_all_answers_before_the_end()
    {
        await stream.SendAsync(Get);
        await stream.CompleteAsync();
        held.SetResult();

        Assert.Equal(1, (await stream.TakeAsync()).GetKey.Revision);
        Assert.False(await stream.NextAsync());
    }

    [Fact]
    public async Task A_node_that_leaves_says_so_and_who_ends_his_side_then_gets_all_his_answers()
    {
        await stream.SendAsync(Get);

        var stopping = host.StopAsync();
        Assert.True(await stream.NextAsync());
        Assert.True(stream.Last.Leaving);
        held.SetResult();
        Assert.Equal(1, (await stream.TakeAsync()).GetKey.Revision);
        await stream.CompleteAsync();

        Assert.False(await stream.NextAsync());
        await stopping.WaitAsync(PipelineStream.Patience);
    }

    /// <summary>The host would wait 30 s for whoever does not go.</summary>
    [Fact]
    public async Task A_node_that_leaves_does_not_wait_for_a_caller_who_stays()
    {
        await stream.WaitForLockAsync("r1");
        var watch = Stopwatch.StartNew();

        var stopping = host.StopAsync();
        while (await stream.NextAsync()) Assert.True(stream.Last.Leaving);
        await stopping.WaitAsync(PipelineStream.Patience);

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
    }
}
