using System.Text;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
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
    private readonly CallRepeater _calls;
    private readonly RequestIds _ids;

    internal KeyClient(CallRepeater calls, RequestIds ids)
    {
        _calls = calls;
        _ids = ids;
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
    /// <exception cref="TransactionConflictException">A guarded write is a small transaction, and others were in its way; nothing was written.</exception>
    /// <exception cref="TransactionAbortedException">Likewise, and its node died before it was decided; nothing was written.</exception>
    /// <exception cref="InvalidArgumentException">A bad name, or the value is too long.</exception>
    public async Task<Revision> PutAsync(string key, ReadOnlyMemory<byte> value, Revision? ifRevision = null, AcquiredLock? guard = null, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        Require.Value(value.Span);
        var mutation = await _ids.NewMutationAsync(cancellationToken);
        var request = new Wire.PutKeyRequest { Key = key, Value = ByteString.CopyFrom(value.Span), RequestId = mutation.Id };
        if (ifRevision is { } revision) request.IfRevision = revision;
        if (guard is not null) (request.Lock, request.Fence) = (guard.Name, guard.Fence);
        var call = new Call<Wire.PutKeyResponse>($"put key '{key}'", CallShard.Of(EntityId.Key(key)), (invoker, options, attempt) =>
            new Wire.Keys.KeysClient(invoker).PutAsync(new Wire.PutKeyRequest(request) { Attempt = attempt }, options));
        return new Revision((await UnderAsync(guard, _calls.MutateAsync(call, mutation, cancellationToken))).Revision);
    }

    /// <summary>Writes a text as UTF-8. Durable when this returns; gives the new revision.</summary>
    /// <inheritdoc cref="PutAsync(string, ReadOnlyMemory{byte}, Revision?, AcquiredLock?, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<Revision> PutAsync(string key, string value, Revision? ifRevision = null, AcquiredLock? guard = null, CancellationToken cancellationToken = default) =>
        PutAsync(key, Encoding.UTF8.GetBytes(value), ifRevision, guard, cancellationToken);

    /// <summary>Deletes a key. Durable when this returns. Deleting what is not there is no error.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="ifRevision">Only if the key is at this revision.</param>
    /// <param name="guard">Only while this lock is still held, which the servers check in the same step.</param>
    /// <param name="cancellationToken">Gives the call up; whether the change was made is not known then.</param>
    /// <exception cref="RevisionMismatchException">The key is at another revision; nothing was deleted.</exception>
    /// <exception cref="FenceStaleException">The guard is not held any more; nothing was deleted, and its <see cref="AcquiredLock.LostToken"/> is cancelled.</exception>
    /// <exception cref="UnavailableException">Not deleted.</exception>
    /// <exception cref="OutcomeUnknownException">Deleted or not.</exception>
    /// <exception cref="TransactionConflictException">A guarded delete is a small transaction, and others were in its way; nothing was deleted.</exception>
    /// <exception cref="TransactionAbortedException">Likewise, and its node died before it was decided; nothing was deleted.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<DeletedKey> DeleteAsync(string key, Revision? ifRevision = null, AcquiredLock? guard = null, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        var mutation = await _ids.NewMutationAsync(cancellationToken);
        var request = new Wire.DeleteKeyRequest { Key = key, RequestId = mutation.Id };
        if (ifRevision is { } revision) request.IfRevision = revision;
        if (guard is not null) (request.Lock, request.Fence) = (guard.Name, guard.Fence);
        var call = new Call<Wire.DeleteKeyResponse>($"delete key '{key}'", CallShard.Of(EntityId.Key(key)), (invoker, options, attempt) =>
            new Wire.Keys.KeysClient(invoker).DeleteAsync(new Wire.DeleteKeyRequest(request) { Attempt = attempt }, options));
        var done = await UnderAsync(guard, _calls.MutateAsync(call, mutation, cancellationToken));
        return new DeletedKey(done.Deleted, new Revision(done.Revision));
    }

    private static async Task<TResponse> UnderAsync<TResponse>(AcquiredLock? guard, Task<Answer<TResponse>> call)
    {
        try
        {
            return (await call).Value;
        }
        catch (FenceStaleException)
        {
            guard?.MarkLost();
            throw;
        }
    }
}
