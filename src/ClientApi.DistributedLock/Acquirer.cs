namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>Acquires one lock in the four ways that DistributedLock.Core has: waiting or trying, blocking or not. What is wrong with a call is said at once, not by its task.</summary>
/// <typeparam name="THandle">What holders get.</typeparam>
internal sealed class Acquirer<THandle>(AkkaHaClient client, LockRequest request, Func<AcquiredLock, HandleReturns, THandle> handle)
    where THandle : class
{
    private readonly HandleReturns _returns = HandleReturns.Of(client);

    public THandle? Try(TimeSpan timeout, CancellationToken cancel) => TryWithin(Wait.Of(timeout), cancel);

    public THandle Acquire(TimeSpan? timeout, CancellationToken cancel) => TryWithin(Wait.Of(timeout), cancel) ?? throw NotInTime();

    public ValueTask<THandle?> TryAsync(TimeSpan timeout, CancellationToken cancel)
    {
        var wait = Wait.Of(timeout);
        return cancel.IsCancellationRequested ? ValueTask.FromCanceled<THandle?>(cancel) : new ValueTask<THandle?>(TryWithinAsync(wait, cancel));
    }

    public ValueTask<THandle> AcquireAsync(TimeSpan? timeout, CancellationToken cancel)
    {
        var wait = Wait.Of(timeout);
        return cancel.IsCancellationRequested ? ValueTask.FromCanceled<THandle>(cancel) : new ValueTask<THandle>(OrThrowAsync());

        async Task<THandle> OrThrowAsync() => await TryWithinAsync(wait, cancel).ConfigureAwait(false) ?? throw NotInTime();
    }

    private THandle? TryWithin(TimeSpan wait, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return HandleOf(Blocking.Run(() => TakeAsync(wait, cancel)));
    }

    private async Task<THandle?> TryWithinAsync(TimeSpan wait, CancellationToken cancel) =>
        HandleOf(await Task.Run(() => TakeAsync(wait, cancel), CancellationToken.None).ConfigureAwait(false));

    private THandle? HandleOf(AcquiredLock? held) => held is null ? null : handle(held, _returns);

    private async Task<AcquiredLock?> TakeAsync(TimeSpan wait, CancellationToken cancel)
    {
        try
        {
            await _returns.WaitAsync(request.Name, cancel);
            return await client.Locks.TryAcquireAsync(request, wait, cancel);
        }
        catch (Exception e)
        {
            throw Failures.Of(e, cancel);
        }
    }

    private TimeoutException NotInTime() => new($"'{request.Name}' was held by others for longer than the timeout.");
}
