using System.Runtime.CompilerServices;
using System.Text;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Watches;
using AkkaHa.Messages;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// Linearizable keys: a read sees every change that was finished before it began, whoever made it. Changes are durable when their
/// call returns, and made once however often the client had to send them.
/// </summary>
public sealed class KeyClient
{
    // As with locks: a node answers within 5 s, if only that it can't.
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(6);

    private readonly CallRepeater _calls;
    private readonly RequestIds _ids;
    private readonly SessionSource _sessions;
    private readonly WatchSource _watches;

    internal KeyClient(CallRepeater calls, RequestIds ids, SessionSource sessions, WatchSource watches)
    {
        _calls = calls;
        _ids = ids;
        _sessions = sessions;
        _watches = watches;
    }

    /// <summary>The value as of some moment between the call and its return; null when there is none.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<KeyEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        var request = new Wire.GetKeyRequest { Key = key };
        try
        {
            var found = (await _calls.ReadAsync(
                new Call<Wire.KeyValue>($"get key '{key}'", CallShard.Of(EntityId.Key(key)), (invoker, call, _) => new Wire.Keys.KeysClient(invoker).GetAsync(request, call)),
                cancellationToken)).Value;
            return new KeyEntry(key, found.Value.Memory, new Revision(found.Revision));
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    /// <summary>The value as UTF-8 text; null when there is none. Otherwise as <see cref="GetAsync"/>.</summary>
    /// <inheritdoc cref="GetAsync" path="/*[not(self::summary)]"/>
    public async Task<string?> GetStringAsync(string key, CancellationToken cancellationToken = default) => (await GetAsync(key, cancellationToken))?.Text;

    /// <summary>Writes a value. Durable when this returns; gives the new revision.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="value">Up to 1 MiB.</param>
    /// <param name="ifRevision">Only if the key is at this revision; <see cref="Revision.Absent"/>: only if there is none. Left out: whatever it is.</param>
    /// <param name="guard">Only while this lock is still held, which the servers check in the same step.</param>
    /// <param name="cancellationToken">Gives the call up; whether the change was made is not known then.</param>
    /// <exception cref="RevisionMismatchException">The key is at another revision; nothing was written.</exception>
    /// <exception cref="FenceStaleException">The guard is not held any more; nothing was written, and its <see cref="AcquiredLock.LostToken"/> is cancelled.</exception>
    /// <exception cref="UnavailableException">Not written.</exception>
    /// <exception cref="OutcomeUnknownException">Written or not.</exception>
    /// <exception cref="TransactionConflictException">A guarded write is a small transaction: others were in its way until its deadline; nothing was written.</exception>
    /// <exception cref="TransactionAbortedException">A guarded write is a small transaction: it was not decided in its time, or its node died before it was; nothing was written.</exception>
    /// <exception cref="InvalidArgumentException">A bad name, or the value is too long.</exception>
    public Task<Revision> PutAsync(string key, ReadOnlyMemory<byte> value, Revision? ifRevision = null, Guard? guard = null, CancellationToken cancellationToken = default) =>
        PutAsync(key, value, new PutOptions { IfRevision = ifRevision, Guard = guard }, cancellationToken);

    /// <summary>Writes a text as UTF-8. Durable when this returns; gives the new revision.</summary>
    /// <inheritdoc cref="PutAsync(string, ReadOnlyMemory{byte}, Revision?, Guard?, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<Revision> PutAsync(string key, string value, Revision? ifRevision = null, Guard? guard = null, CancellationToken cancellationToken = default) =>
        PutAsync(key, Encoding.UTF8.GetBytes(value), ifRevision, guard, cancellationToken);

    /// <summary>Writes a value that goes by itself: after a time, or with a session. Durable when this returns; gives the new revision.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="value">Up to 1 MiB.</param>
    /// <param name="options">How long it stays, and under which conditions it is written.</param>
    /// <param name="cancellationToken">Gives the call up; whether the change was made is not known then.</param>
    /// <remarks>With a session it is a small transaction, as with a guard.</remarks>
    /// <exception cref="SessionExpiredException">The session has ended; nothing was written. If it was this client's own, it is lost, and the next is another.</exception>
    /// <inheritdoc cref="PutAsync(string, ReadOnlyMemory{byte}, Revision?, Guard?, CancellationToken)" path="/exception"/>
    public async Task<Revision> PutAsync(string key, ReadOnlyMemory<byte> value, PutOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Require.Name("key", key);
        Require.Value(value.Span);
        options.Check();
        // Under a guard, or with a session, it is a small transaction of this id.
        var mutation = await _ids.NewTransactionAsync(options.Guard is not null || options.Session is not null ? EntityId.Key(key) : null, TransactionIdTime.GuardedPrefix, cancellationToken);
        var request = new Wire.PutKeyRequest { Key = key, Value = ByteString.CopyFrom(value.Span), RequestId = mutation.Id };
        options.ApplyTo(request);
        var call = new Call<Wire.PutKeyResponse>($"put key '{key}'", CallShard.Of(EntityId.Key(key)), (invoker, to, attempt) =>
            new Wire.Keys.KeysClient(invoker).PutAsync(new Wire.PutKeyRequest(request) { Attempt = attempt }, to)) { Deadline = DeadlineOf(mutation) };
        try
        {
            return new Revision((await UnderAsync(options.Guard, _calls.MutateAsync(call, mutation, cancellationToken))).Revision);
        }
        catch (SessionExpiredException e) when (options.Session is { } session)
        {
            _sessions.HasEnded(session, e.Message);
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8 that goes by itself: after a time, or with a session. Durable when this returns; gives the new revision.</summary>
    /// <inheritdoc cref="PutAsync(string, ReadOnlyMemory{byte}, PutOptions, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<Revision> PutAsync(string key, string value, PutOptions options, CancellationToken cancellationToken = default) =>
        PutAsync(key, Encoding.UTF8.GetBytes(value), options, cancellationToken);

    /// <summary>Deletes a key. Durable when this returns. Deleting what is not there is no error.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="ifRevision">Only if the key is at this revision.</param>
    /// <param name="guard">Only while this lock is still held, which the servers check in the same step.</param>
    /// <param name="cancellationToken">Gives the call up; whether the change was made is not known then.</param>
    /// <exception cref="RevisionMismatchException">The key is at another revision; nothing was deleted.</exception>
    /// <exception cref="FenceStaleException">The guard is not held any more; nothing was deleted, and its <see cref="AcquiredLock.LostToken"/> is cancelled.</exception>
    /// <exception cref="UnavailableException">Not deleted.</exception>
    /// <exception cref="OutcomeUnknownException">Deleted or not.</exception>
    /// <exception cref="TransactionConflictException">A guarded delete is a small transaction: others were in its way until its deadline; nothing was deleted.</exception>
    /// <exception cref="TransactionAbortedException">A guarded delete is a small transaction: it was not decided in its time, or its node died before it was; nothing was deleted.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<DeletedKey> DeleteAsync(string key, Revision? ifRevision = null, Guard? guard = null, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        var mutation = await _ids.NewTransactionAsync(guard is null ? null : EntityId.Key(key), TransactionIdTime.GuardedPrefix, cancellationToken);
        var request = new Wire.DeleteKeyRequest { Key = key, RequestId = mutation.Id };
        if (ifRevision is { } revision) request.IfRevision = revision;
        if (guard is not null) (request.Lock, request.Fence) = (guard.LockName, guard.Fence);
        var call = new Call<Wire.DeleteKeyResponse>($"delete key '{key}'", CallShard.Of(EntityId.Key(key)), (invoker, options, attempt) =>
            new Wire.Keys.KeysClient(invoker).DeleteAsync(new Wire.DeleteKeyRequest(request) { Attempt = attempt }, options)) { Deadline = DeadlineOf(mutation) };
        var done = await UnderAsync(guard, _calls.MutateAsync(call, mutation, cancellationToken));
        return new DeletedKey(done.Deleted, new Revision(done.Revision));
    }

    /// <summary>
    /// All keys with a prefix, in the order of their names' UTF-8 bytes, a page after another as they are asked for. Each entry is as of some moment
    /// between the call for its page and the answer; together they are no picture of one moment: a key that is put or deleted meanwhile may be there or not. What was there all the time is there once.
    /// </summary>
    /// <param name="prefix">Of the name, by characters, not by segments: <c>a/</c> finds what is below <c>a</c>. Empty: all.</param>
    /// <param name="options">Left out: consistent, with values, 100 a page.</param>
    /// <param name="cancellationToken">Gives the list up.</param>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad prefix or page size.</exception>
    public IAsyncEnumerable<KeyEntry> ListAsync(string prefix = "", ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        options ??= new ListOptions();
        options.Check();
        return PagesAsync(prefix, options, cancellationToken);
    }

    /// <summary>One page of <see cref="ListAsync"/>, for who turns the pages himself.</summary>
    /// <param name="prefix">Of the name; empty: all.</param>
    /// <param name="after">Only what comes after this name: <see cref="KeyPage.Next"/> of the page before. Left out: from the beginning.</param>
    /// <param name="options">Left out: consistent, with values, 100 a page.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad prefix or page size.</exception>
    public async Task<KeyPage> ListPageAsync(string prefix = "", string? after = null, ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        options ??= new ListOptions();
        options.Check();
        var request = new Wire.ListKeysRequest { Prefix = prefix, After = after ?? "", Limit = options.PageSize, KeysOnly = options.KeysOnly, Consistent = options.Consistent };
        var page = (await _calls.ReadAsync(
            new Call<Wire.ListKeysResponse>($"list keys '{prefix}'", _ => null, (invoker, call, _) => new Wire.Keys.KeysClient(invoker).ListAsync(request, call)) { LeastAttemptTimeout = NodePatience },
            cancellationToken)).Value;
        return new KeyPage([.. page.Entries.Select(e => new KeyEntry(e.Key, e.Value.Memory, new Revision(e.Revision)))], page.Next.Length == 0 ? null : page.Next);
    }

    /// <summary>
    /// Every change of every key with a prefix, as it happens or from a position on: none left out, none twice, in order for each key. When its node dies, leaves, falls silent or cuts a
    /// slow reader off, the watch goes on at another node after the last event, by itself. It ends only by cancellation or an exception. Events are read as they are asked for: however slow the reader, no more of them wait here than the connection has room for (16 MiB at most).
    /// </summary>
    /// <remarks>
    /// "From now on" begins when the first node has answered. To read a state and then miss nothing: <see cref="GetPositionAsync"/>, then <see cref="ListAsync"/>, then watch from that
    /// position; events whose revision is not above the listed one are already in it.
    /// </remarks>
    /// <param name="prefix">Of the name, by characters; empty: all keys.</param>
    /// <param name="from">What comes after this position; left out: from now on.</param>
    /// <param name="options">How breaks are dealt with.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="CompactedException">The position is older than what the cluster keeps: read the state again, and watch from there.</exception>
    /// <exception cref="UnavailableException">No node served it for <see cref="WatchOptions.GiveUpAfter"/>.</exception>
    /// <exception cref="LimitExceededException">A node has too many watches.</exception>
    /// <exception cref="InvalidArgumentException">A bad prefix or position.</exception>
    public IAsyncEnumerable<KeyEvent> WatchAsync(string prefix = "", WatchPosition? from = null, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return Watch(new Wire.WatchRequest { Prefix = prefix }, from, options, cancellationToken);
    }

    /// <summary>Every change of one key. Otherwise as <see cref="WatchAsync"/>.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes.</param>
    /// <param name="from">What comes after this position; left out: from now on.</param>
    /// <param name="options">How breaks are dealt with.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <inheritdoc cref="WatchAsync" path="/exception"/>
    public IAsyncEnumerable<KeyEvent> WatchKeyAsync(string key, WatchPosition? from = null, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        return Watch(new Wire.WatchRequest { Key = key }, from, options, cancellationToken);
    }

    /// <summary>A position not before the call: a watch from there sees every change that is made after this returns.</summary>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public Task<WatchPosition> GetPositionAsync(CancellationToken cancellationToken = default) => _watches.PositionAsync(WatchOf(new Wire.WatchRequest { Key = "-" }), cancellationToken);

    private IAsyncEnumerable<KeyEvent> Watch(Wire.WatchRequest request, WatchPosition? from, WatchOptions? options, CancellationToken cancel)
    {
        options ??= new WatchOptions();
        options.Check();
        return _watches.RunAsync(WatchOf(request), from, message => message.HasKey ? KeyEvent.From(message) : null, options, cancel);
    }

    private static WatchCall<Wire.WatchEvent> WatchOf(Wire.WatchRequest request) => new(
        (invoker, position, call) => new Wire.Keys.KeysClient(invoker).Watch(new Wire.WatchRequest(request) { From = position }, call), message => message.Position);

    private async IAsyncEnumerable<KeyEntry> PagesAsync(string prefix, ListOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? after = null;
        do
        {
            var page = await ListPageAsync(prefix, after, options, cancel);
            foreach (var entry in page.Entries) yield return entry;
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>What the servers make a transaction of has a transaction's deadline.</summary>
    private static TimeSpan DeadlineOf(Mutation mutation) => mutation.KnownAs == mutation.Id ? TimeSpan.Zero : TimeSpan.FromSeconds(Limits.TransactionDeadlineDefaultSeconds);

    private static async Task<TResponse> UnderAsync<TResponse>(Guard? guard, Task<Answer<TResponse>> call)
    {
        try
        {
            return (await call).Value;
        }
        catch (FenceStaleException)
        {
            guard?.Held?.MarkLost();
            throw;
        }
    }
}
