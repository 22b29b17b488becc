using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Locks;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// Locks that survive the machines they run on. They are granted in the order of asking, hang on the client's session, and each grant has
/// a <see cref="Fence"/> greater than all before.
/// </summary>
public sealed class LockClient
{
    // How often a try without waiting time begins again with a fresh session, before it says that sessions don't last here.
    private const int SessionsPerTry = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly CallRepeater _calls;
    private readonly RequestIds _ids;
    private readonly SessionSource _sessions;
    private readonly LockReturns _returns;
    private readonly TimeProvider _time;
    private readonly string _label;

    internal LockClient(CallRepeater calls, RequestIds ids, SessionSource sessions, LockReturns returns, AkkaHaClientOptions options)
    {
        _calls = calls;
        _ids = ids;
        _sessions = sessions;
        _returns = returns;
        _time = options.TimeProvider;
        _label = options.Label;
    }

    /// <summary>
    /// Acquires a lock, alone, waiting for it if need be. The grant is durable when this returns. A session that is lost meanwhile is
    /// replaced, at the price of the place in the queue.
    /// </summary>
    /// <param name="name">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="timeout">How long to wait for others to give it back; left out or <see cref="Timeout.InfiniteTimeSpan"/>: for ever. Time in which no node can be reached is bounded by <see cref="AkkaHaClientOptions.GiveUpAfter"/> instead.</param>
    /// <param name="cancellationToken">Stops waiting; the place in the queue, or a grant that was on its way, is given back.</param>
    /// <exception cref="LockHeldException">Not got within <paramref name="timeout"/>.</exception>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; if it was granted, it is given back as soon as a node answers.</exception>
    /// <exception cref="LimitExceededException">The queue or the session is full.</exception>
    /// <exception cref="InvalidArgumentException">A bad name or timeout.</exception>
    public async Task<AcquiredLock> AcquireAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var (acquired, refusal) = await TakeAsync(name, timeout ?? Timeout.InfiniteTimeSpan, cancellationToken);
        return acquired ?? throw refusal!;
    }

    /// <summary>As <see cref="AcquireAsync"/>, but null when it is not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="AcquireAsync" path="/param"/>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; if it was granted, it is given back as soon as a node answers.</exception>
    /// <exception cref="LimitExceededException">The queue or the session is full.</exception>
    /// <exception cref="InvalidArgumentException">A bad name or timeout.</exception>
    public async Task<AcquiredLock?> TryAcquireAsync(string name, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        (await TakeAsync(name, timeout, cancellationToken)).Lock;

    /// <summary>Who holds a lock and who waits for it. A lock that was never taken has no holders and fence 0.</summary>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<LockState> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        Require.Name("name", name);
        var request = new Wire.GetLockRequest { Name = name };
        var answer = await _calls.ReadAsync(
            new Call<Wire.LockState>($"get lock '{name}'", CallShard.Of(EntityId.Lock(name)), (invoker, call, _) => new Wire.Locks.LocksClient(invoker).GetAsync(request, call)),
            cancellationToken);
        return LockState.From(answer.Value);
    }

    private async Task<(AcquiredLock? Lock, LockHeldException? Refusal)> TakeAsync(string name, TimeSpan timeout, CancellationToken cancel)
    {
        Require.Name("name", name);
        Require.Wait("timeout", timeout);
        var until = new Deadline(timeout, _time);
        var backoff = new Backoff(FirstPause, LongestPause);
        for (var sessions = 1; ; sessions++)
        {
            try
            {
                var session = await _sessions.GetAsync(cancel);
                var mutation = await _ids.NewMutationAsync(cancel);
                var taken = await new LockAcquisition(_calls, _returns, _time, session, name, _label, mutation, until).RunAsync(cancel);
                // "Held" to a request that got lost on its way may mean only that it was taken back: then another asks, at the end of the queue.
                var isCertain = until.Left <= TimeSpan.Zero && (!mutation.InDoubt || sessions >= SessionsPerTry);
                if (taken.Lock is not null || isCertain) return taken;
            }
            catch (SessionExpiredException) when (sessions < SessionsPerTry || until.Left > TimeSpan.Zero)
            {
                // Nothing of the old try counts any more; the next begins at the end of the queue, with a fresh session and id.
                await Task.Delay(backoff.Next(), _time, cancel);
            }
        }
    }
}
