using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AkkaHa.ClientApi;
using Medallion.Threading;
using Xunit;

namespace AkkaHa.Cluster.Tests.DistributedLock;

/// <summary>What DistributedLock.Core promises its users of any lock, for each of ours, on a real node.</summary>
public sealed class MutexTests(OneNode one) : IClassFixture<OneNode>, IAsyncLifetime
{
    private readonly AkkaHaClient _client = one.Cluster.Connect();

    public static TheoryData<MutexKind> Kinds => new(Enum.GetValues<MutexKind>());

    /// <summary>For what takes a while: in the short run, two of them.</summary>
    public static TheoryData<MutexKind> SomeKinds => LongFactAttribute.IsOn ? Kinds : new(MutexKind.Lock, MutexKind.SemaphoreOfFive);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _client.DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_excludes_others_and_itself_and_is_free_after_disposal(MutexKind kind)
    {
        var name = Fresh();
        using (var held = Lock(kind, name).TryAcquire())
        {
            Assert.NotNull(held);
            Assert.Null(Lock(kind, name).TryAcquire());
            using var other = Lock(kind, name + "2").TryAcquire();
            Assert.NotNull(other);
        }
        using var again = Lock(kind, name).TryAcquire();
        Assert.NotNull(again);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task It_does_so_asynchronously(MutexKind kind)
    {
        var name = Fresh();
        await using (var held = await Lock(kind, name).AcquireAsync())
        {
            Assert.Null(await Lock(kind, name).TryAcquireAsync());
            await using var other = await Lock(kind, name + "2").TryAcquireAsync();
            Assert.NotNull(other);
        }
        await using var again = await Lock(kind, name).TryAcquireAsync();
        Assert.NotNull(again);
    }

    [Theory]
    [MemberData(nameof(SomeKinds))]
    public async Task A_wait_ends_with_its_timeout_or_its_cancellation(MutexKind kind)
    {
        var name = Fresh();
        var wanted = Lock(kind, name);
        await using var held = await Lock(kind, name).AcquireAsync();
        var timeout = TimeSpan.FromSeconds(0.2);
        var clock = Stopwatch.StartNew();
        Assert.Throws<TimeoutException>(() => wanted.Acquire(timeout));
        Assert.Null(wanted.TryAcquire(timeout));
        await Assert.ThrowsAsync<TimeoutException>(() => wanted.AcquireAsync(timeout).AsTask());
        Assert.Null(await wanted.TryAcquireAsync(timeout));
        Assert.InRange(clock.Elapsed, 4 * timeout, ClusterUnderTest.Patience);

        using var cancel = new CancellationTokenSource();
        var waiting = wanted.AcquireAsync(cancellationToken: cancel.Token).AsTask();
        await Task.Delay(100);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(ClusterUnderTest.Patience));
        Assert.Equal((TaskStatus.Canceled, cancel.Token), (waiting.Status, cancelled.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_token_that_is_cancelled_already_is_answered_without_a_try(MutexKind kind)
    {
        var wanted = Lock(kind, Fresh());
        var cancelled = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => wanted.Acquire(cancellationToken: cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => wanted.TryAcquire(cancellationToken: cancelled));
        Assert.True(wanted.AcquireAsync(cancellationToken: cancelled).IsCanceled);
        Assert.True(wanted.TryAcquireAsync(cancellationToken: cancelled).IsCanceled);
        using var free = wanted.TryAcquire();
        Assert.NotNull(free);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handle_can_be_disposed_as_often_and_from_as_many_threads_as_one_likes(MutexKind kind)
    {
        var name = Fresh();
        var held = Lock(kind, name).Acquire(ClusterUnderTest.Patience);
        var token = held.HandleLostToken;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            if (i % 2 == 0) held.Dispose();
            else await held.DisposeAsync();
        })));
        await using var next = await Lock(kind, name).AcquireAsync(ClusterUnderTest.Patience);
        held.Dispose();
        Assert.Null(Lock(kind, name).TryAcquire());
        Assert.Throws<ObjectDisposedException>(() => held.HandleLostToken);
        Assert.True(token.CanBeCanceled);
        Assert.False(token.IsCancellationRequested);
    }

    [Theory]
    [MemberData(nameof(SomeKinds))]
    public async Task A_handle_hears_that_it_is_lost(MutexKind kind)
    {
        await using var unlucky = one.Cluster.Connect();
        var held = await Mutex.Of(kind, Fresh(), unlucky).AcquireAsync();
        using var lost = new ManualResetEventSlim();
        using var registration = held.HandleLostToken.Register(lost.Set);
        Assert.False(lost.Wait(TimeSpan.FromSeconds(0.05)));

        await _client.Sessions.CloseAsync(await unlucky.Sessions.GetOwnIdAsync());

        Assert.True(lost.Wait(ClusterUnderTest.Patience));
        Assert.True(held.HandleLostToken.IsCancellationRequested);
        await held.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => held.HandleLostToken);
    }

    [Theory]
    [MemberData(nameof(SomeKinds))]
    public void A_handle_that_is_forgotten_is_released_when_it_is_collected(MutexKind kind)
    {
        var name = Fresh();
        Forget(kind, name);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var next = Lock(kind, name).TryAcquire();
        Assert.NotNull(next);
    }

    [Theory]
    [MemberData(nameof(SomeKinds))]
    public async Task Many_at_once_have_it_one_by_one(MutexKind kind)
    {
        var name = Fresh();
        Lock(kind, name);
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            await using var held = i % 4 == 0 ? Lock(kind, name).Acquire() : await Lock(kind, name).AcquireAsync();
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Delay(2);
            Interlocked.Decrement(ref inside);
        }))).WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Blocking_calls_on_a_thread_that_is_needed_for_continuations_do_not_hang()
    {
        var name = Fresh();
        using var context = new OneThread();
        await context.RunAsync(() =>
        {
            using (Lock(MutexKind.Lock, name).Acquire(ClusterUnderTest.Patience)) Assert.Null(Lock(MutexKind.Lock, name).TryAcquire(TimeSpan.FromMilliseconds(50)));
            using var asynchronous = Lock(MutexKind.Lock, name).AcquireAsync().AsTask().Result;
            asynchronous.DisposeAsync().AsTask().Wait();
        }).WaitAsync(ClusterUnderTest.Patience);
    }

    [Fact]
    public void Handles_have_the_fence_and_are_guards()
    {
        var name = Fresh();
        using var held = Lock(MutexKind.Lock, name).Acquire();
        Assert.Equal((name, held.GetFence()), (held.GetGuard().LockName, held.GetGuard().Fence));
        Assert.True(held.GetFence() > 0);
    }

    [Fact]
    public async Task A_process_that_dies_gives_its_lock_back_when_its_session_is_over()
    {
        var name = Fresh();
        using var taker = Cli.StartAt(one.Cluster.Local.Endpoints, "lock", "run", name, "--ttl", "6s", "--", "sh", "-c", "echo acquired; exec sleep 600");
        Assert.Equal("acquired", await taker.StandardOutput.ReadLineAsync().WaitAsync(ClusterUnderTest.Patience));
        var wanted = Lock(MutexKind.Lock, name);
        Assert.Null(wanted.TryAcquire());
        var waiting = Task.Run(() => wanted.TryAcquire(ClusterUnderTest.Patience));
        taker.Kill(entireProcessTree: true);
        using var held = await waiting;
        Assert.NotNull(held);
    }

    private IDistributedLock Lock(MutexKind kind, string name) => Mutex.Of(kind, name, _client);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget(MutexKind kind, string name) => Lock(kind, name).Acquire();

    private static string Fresh() => $"dl/{Guid.NewGuid():N}";

    /// <summary>A synchronization context of one thread, as a window has: blocked, it runs nothing.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

        public OneThread()
        {
            var thread = new Thread(() =>
            {
                SetSynchronizationContext(this);
                foreach (var (callback, state) in _queue.GetConsumingEnumerable()) callback(state);
            }) { IsBackground = true };
            thread.Start();
        }

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        public Task RunAsync(Action work)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(_ =>
            {
                try
                {
                    work();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            }, null);
            return done.Task;
        }

        public void Dispose() => _queue.CompleteAdding();
    }
}
