using System.Diagnostics;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Watches;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>What becomes of a watch's call when its client does not read.</summary>
public sealed class LastSendTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(Limits.WatchLastSendSeconds);

    private readonly FakeTimeProvider time = new();
    private readonly Watcher watcher = new(new WatchedKeys("a", Exact: false));
    private readonly TaskCompletionSource send = new();
    private bool aborted;

    private LastSend Last => new(watcher.CutOff, time, () =>
    {
        aborted = true;
        send.TrySetException(new OperationCanceledException("the call was aborted"));
    });

    [Fact]
    public async Task One_that_is_not_cut_off_may_take_all_its_time()
    {
        var waiting = Last.WaitAsync(new ValueTask(send.Task)).AsTask();
        time.Advance(100 * Patience);
        Assert.False(aborted);
        send.SetResult();
        await waiting;
    }

    [Fact]
    public async Task One_that_was_cut_off_while_it_sends_is_aborted_when_that_does_not_end()
    {
        watcher.TryAdd(WatchItem.Heartbeat(new WatchPosition(new JournalPosition(0, 1)), postgres: false));
        var waiting = Last.WaitAsync(new ValueTask(send.Task)).AsTask();
        watcher.End(Refusals.Of(ErrorCode.Unavailable, "too slow"));
        await watcher.CutOff.WaitAsync(TimeSpan.FromSeconds(30));
        for (var since = Stopwatch.StartNew(); !waiting.IsCompleted && since.Elapsed < TimeSpan.FromSeconds(30);)
        {
            time.Advance(Patience / 100);
            await Task.Delay(10);
        }
        Assert.True(aborted);
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task What_is_sent_in_time_after_the_cut_is_sent()
    {
        watcher.End(Refusals.Of(ErrorCode.Unavailable, "too slow"));
        var said = new TaskCompletionSource<bool>();
        var waiting = Last.EndAsync(said.Task);
        time.Advance(Patience - TimeSpan.FromSeconds(1));
        said.SetResult(true);
        Assert.True(await waiting);
        time.Advance(Patience);
        Assert.False(aborted);
    }
}
