using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Locks;

/// <summary>Users' callbacks on a loss may block: nothing of ours waits for them.</summary>
public sealed class LossTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_callback_that_blocks_keeps_the_loss_from_no_other_lock(bool isTheFirst)
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<KeepAliveRequest>(ErrorCode.SessionExpired);
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var first = await client.Locks.AcquireAsync("a");
        await using var second = await client.Locks.AcquireAsync("b");
        using var release = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using var blocking = (isTheFirst ? first : second).LostToken.Register(() =>
        {
            entered.Set();
            release.Wait();
        });
        var heard = new TaskCompletionSource();
        using var hearing = (isTheFirst ? second : first).LostToken.Register(heard.SetResult);

        await _time.PassUntil(() => entered.IsSet);
        try
        {
            await heard.Task.WaitAsync(TestClient.Generous);
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task A_callback_that_blocks_on_the_session_keeps_the_loss_from_no_lock()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<KeepAliveRequest>(ErrorCode.SessionExpired);
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var held = await client.Locks.AcquireAsync("a");
        using var release = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var session = await client.Sessions.GetOwnAsync();
        using var blocking = session.LostToken.Register(() =>
        {
            entered.Set();
            release.Wait();
        });

        await _time.PassUntil(() => entered.IsSet);
        try
        {
            await TestClient.Until(() => held.LostToken.IsCancellationRequested);
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task A_callback_may_wait_for_what_disposes_its_lock()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<KeepAliveRequest>(ErrorCode.SessionExpired);
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        var held = await client.Locks.AcquireAsync("a");
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var disposed = new TaskCompletionSource();
        async Task StopAsync()
        {
            await lost.Task;
            await held.DisposeAsync();
        }
        var stopping = StopAsync();
        held.LostToken.Register(() =>
        {
            lost.SetResult();
            stopping.Wait();
            disposed.SetResult();
        });

        await _time.PassUntil(() => lost.Task.IsCompleted);

        await disposed.Task.WaitAsync(TestClient.Generous);
    }

    [Fact]
    public async Task Several_locks_are_lost_with_one_of_them_also_while_a_callback_on_that_one_blocks()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var all = await client.Locks.AcquireAllAsync(["a", "b"]);
        long fence = all["a"].Fence;
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => new KeepAliveResponse { TtlSeconds = 10, Lost = { new LostHolding { Name = "a", Fence = fence } } });
        using var release = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using var blocking = all["a"].LostToken.Register(() =>
        {
            entered.Set();
            release.Wait();
        });
        var heard = new TaskCompletionSource();
        using var hearing = all.LostToken.Register(heard.SetResult);

        await _time.PassUntil(() => entered.IsSet);
        try
        {
            await heard.Task.WaitAsync(TestClient.Generous);
        }
        finally
        {
            release.Set();
        }
        Assert.False(all["b"].IsLost);
    }
}
