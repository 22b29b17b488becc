using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using Microsoft.Extensions.Logging;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Locks;

/// <summary>
/// Gives back what nobody wants any more: held locks and places in queues. The session lives on, so what is not given back would be
/// held for as long as that lives; therefore it is tried until it is done, beside the caller when that takes long.
/// </summary>
internal sealed class LockReturns(CallRepeater calls, RequestIds ids, AkkaHaClientOptions options, CancellationToken closing)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = options.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Locks");

    /// <summary>Takes an acquire back, wherever it stands: a waiter leaves, a grant is returned, one on its way will be refused. Waits a second at most. Never throws.</summary>
    public Task CancelAsync(LiveSession session, string name, string requestId) =>
        WaitAWhileAsync(UntilDoneAsync(session, name, cancel => CancelOnceAsync(session, name, requestId, cancel)));

    /// <summary>Takes a request back; true when a waiter or a grant was taken back.</summary>
    public async Task<bool> CancelOnceAsync(LiveSession session, string name, string requestId, CancellationToken cancel)
    {
        var request = new Wire.CancelLockRequest { Name = name, SessionId = session.Id.Text, RequestId = requestId };
        var call = new Call<Wire.CancelLockResponse>("cancel lock", CallShard.Of(Messages.EntityId.Lock(name)), (invoker, options, _) =>
            new Wire.Locks.LocksClient(invoker).CancelAsync(request, options));
        return (await calls.ReadAsync(call, cancel)).Value.Cancelled;
    }

    /// <summary>Takes an acquire of several back. Waits a second at most. Never throws.</summary>
    public Task CancelAllAsync(LiveSession session, string requestId)
    {
        var request = new Wire.CancelAllLocksRequest { SessionId = session.Id.Text, RequestId = requestId };
        var call = new Call<Wire.CancelAllLocksResponse>("cancel locks", CallShard.OfSession(session.Id.Text), (invoker, options, _) =>
            new Wire.Locks.LocksClient(invoker).CancelAllAsync(request, options));
        return WaitAWhileAsync(UntilDoneAsync(session, "several", cancel => calls.ReadAsync(call, cancel)));
    }

    /// <summary>Releases a lock; that it is not held any more is as good. Waits a second at most. Never throws.</summary>
    public Task ReleaseAsync(LiveSession session, string name, Fence fence) =>
        WaitAWhileAsync(UntilDoneAsync(session, name, cancel => ReleaseOnceAsync(session.Id.Text, name, fence, cancel)));

    /// <summary>Releases a lock, or says why not.</summary>
    public async Task ReleaseOnceAsync(string sessionId, string name, Fence fence, CancellationToken cancel)
    {
        var mutation = await ids.NewMutationAsync(cancel);
        var call = new Call<Wire.ReleaseLockResponse>("release lock", CallShard.Of(Messages.EntityId.Lock(name)), (invoker, options, attempt) =>
            new Wire.Locks.LocksClient(invoker).ReleaseAsync(
                new Wire.ReleaseLockRequest { Name = name, SessionId = sessionId, Fence = fence, RequestId = mutation.Id, Attempt = attempt }, options));
        await calls.MutateAsync(call, mutation, cancel);
    }

    private async Task UntilDoneAsync(LiveSession session, string name, Func<CancellationToken, Task> giveBack)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(session.OverToken, closing);
        while (!over.IsCancellationRequested)
        {
            try
            {
                await giveBack(over.Token);
                return;
            }
            catch (Exception e) when (e is UnavailableException or OutcomeUnknownException)
            {
                _logger.LogWarning(e, "Lock {Lock} could not be given back yet; trying on", name);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or FenceStaleException or SessionExpiredException or NotFoundException)
            {
                return;
            }
            catch (Exception e)
            {
                _logger.LogError(e, "Lock {Lock} could not be given back; it stays until the session ends", name);
                return;
            }
        }
    }

    private async Task WaitAWhileAsync(Task work)
    {
        using var enough = new CancellationTokenSource(Patience, options.TimeProvider);
        await work.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
