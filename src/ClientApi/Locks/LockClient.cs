using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Locks;
using AkkaHa.ClientApi.Watches;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// Locks that survive the machines they run on. They are granted in the order of asking, in all modes, hang on the client's session, and each grant has
/// a <see cref="Fence"/> greater than all before.
/// </summary>
public sealed class LockClient
{
    private readonly CallRepeater _calls;
    private readonly RequestIds _ids;
    private readonly LockTaking _taking;
    private readonly LockReturns _returns;
    private readonly WatchSource _watches;

    internal LockClient(CallRepeater calls, RequestIds ids, LockTaking taking, LockReturns returns, WatchSource watches)
    {
        _calls = calls;
        _ids = ids;
        _taking = taking;
        _returns = returns;
        _watches = watches;
    }

    /// <summary>
    /// Acquires a lock, alone, waiting for it if need be. The grant is durable when this returns. A session that is lost meanwhile is
    /// replaced, at the price of the place in the queue.
    /// </summary>
    /// <param name="name">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="timeout">How long to wait for others to give it back; left out or <see cref="Timeout.InfiniteTimeSpan"/>: for ever. Time in which no node can be reached is bounded by <see cref="AkkaHaClientOptions.GiveUpAfter"/> instead.</param>
    /// <param name="cancellationToken">Stops waiting; the place in the queue, or a grant that was on its way, is given back.</param>
    /// <exception cref="LockHeldException">Not got within <paramref name="timeout"/>.</exception>
    /// <exception cref="DeadlockException">The wait was part of a cycle of waits of <see cref="LockFlow"/>s, and the youngest of them.</exception>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; if it was granted, it is given back as soon as a node answers.</exception>
    /// <exception cref="LimitExceededException">The queue or the session is full.</exception>
    /// <exception cref="InvalidArgumentException">A bad name or timeout.</exception>
    public Task<AcquiredLock> AcquireAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(new LockRequest(name), timeout, cancellationToken);

    /// <summary>As <see cref="AcquireAsync(string, TimeSpan?, CancellationToken)"/>, but null when it is not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/param"/>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/exception[not(@cref='T:AkkaHa.ClientApi.LockHeldException')]"/>
    public Task<AcquiredLock?> TryAcquireAsync(string name, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(new LockRequest(name), timeout, cancellationToken);

    /// <summary>Acquires a lock in any mode. Otherwise as <see cref="AcquireAsync(string, TimeSpan?, CancellationToken)"/>.</summary>
    /// <param name="request">Which lock, and how.</param>
    /// <param name="timeout">How long to wait; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/exception"/>
    public async Task<AcquiredLock> AcquireAsync(LockRequest request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var (acquired, refusal) = await TakeAsync(request, timeout ?? Timeout.InfiniteTimeSpan, cancellationToken);
        return acquired ?? throw refusal!;
    }

    /// <summary>As <see cref="AcquireAsync(LockRequest, TimeSpan?, CancellationToken)"/>, but null when it is not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="AcquireAsync(LockRequest, TimeSpan?, CancellationToken)" path="/param"/>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/exception[not(@cref='T:AkkaHa.ClientApi.LockHeldException')]"/>
    public async Task<AcquiredLock?> TryAcquireAsync(LockRequest request, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        (await TakeAsync(request, timeout, cancellationToken)).Lock;

    /// <summary>Acquires a lock beside others that share it, and beside an upgradeable one. Whoever waits to have it alone comes before those who ask later to share it: nobody starves.</summary>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<AcquiredLock> AcquireSharedAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(LockRequest.Shared(name), timeout, cancellationToken);

    /// <summary>As <see cref="AcquireSharedAsync"/>, but null when it is not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="TryAcquireAsync(string, TimeSpan, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<AcquiredLock?> TryAcquireSharedAsync(string name, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(LockRequest.Shared(name), timeout, cancellationToken);

    /// <summary>Acquires a lock beside others that share it, as the only one that may become exclusive: <see cref="AcquiredLock.UpgradeAsync"/>.</summary>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<AcquiredLock> AcquireUpgradeableAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(LockRequest.Upgradeable(name), timeout, cancellationToken);

    /// <summary>As <see cref="AcquireUpgradeableAsync"/>, but null when it is not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="TryAcquireAsync(string, TimeSpan, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<AcquiredLock?> TryAcquireUpgradeableAsync(string name, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(LockRequest.Upgradeable(name), timeout, cancellationToken);

    /// <summary>Acquires permits of a semaphore, all of them at once.</summary>
    /// <param name="name">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="permits">How many, 1 to <paramref name="limit"/>.</param>
    /// <param name="limit">How many there are; the same for all who hold or wait at one time.</param>
    /// <param name="timeout">How long to wait; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<AcquiredLock> AcquireSemaphoreAsync(string name, int permits, int limit, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(LockRequest.Semaphore(name, permits, limit), timeout, cancellationToken);

    /// <summary>As <see cref="AcquireSemaphoreAsync"/>, but null when they are not got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="AcquireSemaphoreAsync" path="/param"/>
    /// <inheritdoc cref="TryAcquireAsync(string, TimeSpan, CancellationToken)" path="/exception"/>
    public Task<AcquiredLock?> TryAcquireSemaphoreAsync(string name, int permits, int limit, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(LockRequest.Semaphore(name, permits, limit), timeout, cancellationToken);

    /// <summary>
    /// Acquires several locks, all or none, on one session. They are taken in an order of the servers' own, so those who acquire together never wait in a circle; and should the client or any node die meanwhile, none stays held by it.
    /// </summary>
    /// <param name="locks">1 to 128, each name once; a name alone means the whole lock: <c>["a", "b"]</c>.</param>
    /// <param name="timeout">How long to wait for all of them; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting; what was got of them is given back.</param>
    /// <inheritdoc cref="AcquireAsync(string, TimeSpan?, CancellationToken)" path="/exception"/>
    public async Task<AcquiredLocks> AcquireAllAsync(IEnumerable<LockRequest> locks, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var (acquired, refusal) = await TakeAllAsync(locks, timeout ?? Timeout.InfiniteTimeSpan, cancellationToken);
        return acquired ?? throw refusal!;
    }

    /// <summary>As <see cref="AcquireAllAsync"/>, but null when not all are got within <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="AcquireAllAsync" path="/param"/>
    /// <inheritdoc cref="TryAcquireAsync(string, TimeSpan, CancellationToken)" path="/exception"/>
    public async Task<AcquiredLocks?> TryAcquireAllAsync(IEnumerable<LockRequest> locks, TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        (await TakeAllAsync(locks, timeout, cancellationToken)).Locks;

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

    /// <summary>Releases a lock that hangs on another session than the client's own, or that another process acquired on it. Durable when this returns.</summary>
    /// <exception cref="FenceStaleException">That session does not hold it with this fence (any more).</exception>
    /// <exception cref="SessionExpiredException">The session has ended.</exception>
    /// <exception cref="UnavailableException">It is still held.</exception>
    /// <exception cref="OutcomeUnknownException">Released or not.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public Task ReleaseAsync(string name, SessionId session, Fence fence, CancellationToken cancellationToken = default)
    {
        Require.Name("name", name);
        Require.Id("session", session.Text);
        return _returns.ReleaseOnceAsync(session.Text, name, fence, cancellationToken);
    }

    /// <summary>
    /// For operators: ends what is held, whatever its holders do. Durable when this returns. The holders hear of it with their next keepalive; until then only the fence protects
    /// what the lock does, as after a pause: a guarded write of theirs is refused from now on.
    /// </summary>
    /// <param name="name">The lock.</param>
    /// <param name="reason">For those who look for it later: it goes into the journal and the event. Up to 128 UTF-8 bytes.</param>
    /// <param name="fence">Only the grant with this number; left out: all that hold it.</param>
    /// <param name="cancellationToken">Gives the call up; whether it was done is not known then.</param>
    /// <returns>The numbers of the grants that were ended; none, if nobody held it.</returns>
    /// <exception cref="UnavailableException">Not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="InvalidArgumentException">A bad name or reason.</exception>
    public async Task<IReadOnlyList<Fence>> ForceReleaseAsync(string name, string reason, Fence? fence = null, CancellationToken cancellationToken = default)
    {
        Require.Name("name", name);
        ArgumentNullException.ThrowIfNull(reason);
        var mutation = await _ids.NewMutationAsync(cancellationToken);
        var call = new Call<Wire.ForceReleaseLockResponse>($"force-release lock '{name}'", CallShard.Of(EntityId.Lock(name)), (invoker, options, attempt) =>
            new Wire.Locks.LocksClient(invoker).ForceReleaseAsync(
                new Wire.ForceReleaseLockRequest { Name = name, Reason = reason, Fence = fence?.Value ?? 0, RequestId = mutation.Id, Attempt = attempt }, options));
        return [.. (await _calls.MutateAsync(call, mutation, cancellationToken)).Value.Fences.Select(f => new Fence(f))];
    }

    /// <summary>
    /// All locks with a prefix that are held or waited for, in the order of their names' UTF-8 bytes, a page after another as they are asked for. Each is as of some moment during the
    /// enumeration; together they are no picture of one moment.
    /// </summary>
    /// <param name="prefix">Of the name, by characters; empty: all.</param>
    /// <param name="pageSize">How many come in one answer at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives the list up.</param>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad prefix or page size.</exception>
    public async IAsyncEnumerable<LockState> ListAsync(string prefix = "", int pageSize = Limits.ListPageDefault, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var after = "";
        do
        {
            var request = new Wire.ListLocksRequest { Prefix = prefix, After = after, Limit = pageSize };
            var page = (await _calls.ReadAsync(
                new Call<Wire.ListLocksResponse>($"list locks '{prefix}'", _ => null, (invoker, call, _) => new Wire.Locks.LocksClient(invoker).ListAsync(request, call)) { LeastAttemptTimeout = TimeSpan.FromSeconds(6) },
                cancellationToken)).Value;
            foreach (var state in page.Locks) yield return LockState.From(state);
            after = page.Next;
        }
        while (after.Length > 0);
    }

    /// <summary>
    /// Every grant of every lock with a prefix, and every end of one, as they become durable or from a position on. Goes on by itself at another node when its own dies; otherwise as <see cref="KeyClient.WatchAsync"/>.
    /// </summary>
    /// <param name="prefix">Of the name, by characters; empty: all locks.</param>
    /// <param name="from">What comes after this position; left out: from now on.</param>
    /// <param name="options">How breaks are dealt with.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <inheritdoc cref="KeyClient.WatchAsync" path="/exception"/>
    public IAsyncEnumerable<LockEvent> WatchAsync(string prefix = "", WatchPosition? from = null, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return Watch(new Wire.WatchLocksRequest { Prefix = prefix }, from, options, cancellationToken);
    }

    /// <summary>Every grant of one lock, and every end of one. Otherwise as <see cref="WatchAsync"/>.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="from">What comes after this position; left out: from now on.</param>
    /// <param name="options">How breaks are dealt with.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <inheritdoc cref="KeyClient.WatchAsync" path="/exception"/>
    public IAsyncEnumerable<LockEvent> WatchLockAsync(string name, WatchPosition? from = null, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        Require.Name("name", name);
        return Watch(new Wire.WatchLocksRequest { Name = name }, from, options, cancellationToken);
    }

    private IAsyncEnumerable<LockEvent> Watch(Wire.WatchLocksRequest request, WatchPosition? from, WatchOptions? options, CancellationToken cancel)
    {
        options ??= new WatchOptions();
        options.Check();
        var call = new WatchCall<Wire.LockEvent>(
            (invoker, position, to) => new Wire.Locks.LocksClient(invoker).Watch(new Wire.WatchLocksRequest(request) { From = position }, to), message => message.Position);
        return _watches.RunAsync(call, from, LockEvent.From, options, cancel);
    }

    private async Task<(AcquiredLock? Lock, LockHeldException? Refusal)> TakeAsync(LockRequest request, TimeSpan timeout, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        Require.Wait("timeout", timeout);
        return await _taking.OneAsync(request, timeout, cancel);
    }

    private async Task<(AcquiredLocks? Locks, LockHeldException? Refusal)> TakeAllAsync(IEnumerable<LockRequest> locks, TimeSpan timeout, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(locks);
        LockRequest[] wanted = [.. locks];
        if (wanted.Length is 0 or > Limits.TransactionParticipants) throw new InvalidArgumentException($"locks has {wanted.Length} entries; it must have 1 to {Limits.TransactionParticipants}");
        foreach (var one in wanted) one.Check();
        if (wanted.GroupBy(w => w.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new InvalidArgumentException($"locks names '{twice.Key}' more than once");
        Require.Wait("timeout", timeout);
        return await _taking.AllAsync(wanted, timeout, cancel);
    }
}
