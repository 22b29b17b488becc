using System.Text;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Transactions;
using AkkaHa.Messages;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// Reads and writes that happen together or not at all. Reads are remembered with their revisions, writes are kept here; at commit both
/// go to the servers in one message, which commits only if all that was read is still so. Until then nothing is sent but reads, and
/// nothing is locked.
/// </summary>
/// <remarks>
/// What several reads saw may never have been true at the same moment; such a transaction does not commit, so do nothing outside it
/// on the strength of what it read. Reads may run at the same time as one another; otherwise use it from one flow.
/// </remarks>
public class Transaction
{
    private readonly KeyClient _keys;
    private readonly SessionSource _sessions;
    private readonly TransactionCalls _calls;
    private readonly TimeSpan _deadline;
    private readonly Mutation _mutation;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task<KeyEntry?>> _reads = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly OperationList _writes = new();
    private readonly List<AcquiredLock> _locks = [];
    private Wire.TransactionRequest? _sent;
    private bool _over;

    internal Transaction(Mutation mutation, KeyClient keys, SessionSource sessions, TransactionCalls calls, TimeSpan deadline)
    {
        _mutation = mutation;
        _keys = keys;
        _sessions = sessions;
        _calls = calls;
        _deadline = deadline;
        Id = new TransactionId(mutation.Id);
    }

    /// <summary>Its id, by which <see cref="TransactionClient.GetOutcomeAsync"/> tells what became of it. One that only read keys is not recorded, and so is unknown: it changed nothing.</summary>
    public TransactionId Id { get; }

    /// <summary>
    /// Reads a key; null when there is none. The first read of a key is remembered: later ones give the same, with this transaction's own
    /// writes on top. What was read must still be so at commit.
    /// </summary>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="TransactionAbortedException">Its own <see cref="Add"/> can't be done on what is there.</exception>
    public async Task<KeyEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        Require.Name("key", key);
        Task<KeyEntry?> read;
        List<Wire.Operation> own;
        lock (_gate)
        {
            ThrowIfOver();
            own = [.. _writes.Operations.Where(w => PendingOperations.KeyOf(w) == key)];
            var known = _reads.TryGetValue(key, out var first) && !first.IsFaulted && !first.IsCanceled;
            // What this transaction overwrote is not read: it does not depend on it.
            if (known) read = first!;
            else if (own.Exists(PendingOperations.Overwrites)) read = Task.FromResult<KeyEntry?>(null);
            // Others may wait for it too: whoever gives up does so alone.
            else read = _reads[key] = _keys.GetAsync(key, CancellationToken.None);
        }
        var entry = await read.WaitAsync(cancellationToken);
        lock (_gate) _told.Add(key);
        if (own.Count == 0) return entry;
        var value = own.Aggregate(entry is null ? null : UnsafeByteOperations.UnsafeWrap(entry.Value), PendingOperations.Apply);
        return value is null ? null : new KeyEntry(key, value.Memory, entry?.Revision ?? Revision.Absent);
    }

    /// <summary>Reads a key as UTF-8 text; null when there is none. Otherwise as <see cref="GetAsync"/>.</summary>
    /// <inheritdoc cref="GetAsync" path="/exception"/>
    public async Task<string?> GetStringAsync(string key, CancellationToken cancellationToken = default) => (await GetAsync(key, cancellationToken))?.Text;

    /// <summary>Writes a value of up to 1 MiB at commit.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="ttl">As <see cref="PutOptions.Ttl"/>, counted from the commit.</param>
    /// <param name="session">As <see cref="PutOptions.Session"/>. If it has ended, the commit throws <see cref="SessionExpiredException"/> and is not tried again.</param>
    public void Put(string key, ReadOnlyMemory<byte> value, TimeSpan? ttl = null, SessionId? session = null) => Write(w => w.Put(key, value, ttl, session));

    /// <summary>Writes a text as UTF-8 at commit.</summary>
    /// <inheritdoc cref="Put(string, ReadOnlyMemory{byte}, TimeSpan?, SessionId?)" path="/param"/>
    public void Put(string key, string value, TimeSpan? ttl = null, SessionId? session = null) => Put(key, Encoding.UTF8.GetBytes(value), ttl, session);

    /// <summary>Deletes a key at commit, if it is there.</summary>
    public void Delete(string key) => Write(w => w.Delete(key));

    /// <summary>
    /// Adds to a value that is decimal 64-bit text (absent counts as 0) at commit, without reading it: two that only add to a key don't
    /// conflict. Overflow, or a value that is no number, aborts the transaction.
    /// </summary>
    public void Add(string key, long amount) => Write(w => w.Add(key, amount));

    /// <summary>Appends to a value (absent counts as empty) at commit, without reading it.</summary>
    public void Append(string key, ReadOnlyMemory<byte> value) => Write(w => w.Append(key, value));

    /// <summary>Appends a text as UTF-8 at commit.</summary>
    public void Append(string key, string value) => Append(key, Encoding.UTF8.GetBytes(value));

    /// <summary>Commits only while this lock is held. If it is not, the commit throws <see cref="FenceStaleException"/> and is not tried again.</summary>
    public void RequireLock(AcquiredLock held)
    {
        ArgumentNullException.ThrowIfNull(held);
        lock (_gate)
        {
            ThrowIfOver();
            if (!_locks.Contains(held)) _locks.Add(held);
        }
    }

    /// <summary>Sends it. May be called again after an unknown outcome: it is the same transaction with the same content.</summary>
    internal async Task<TransactionResult> SendAsync(CancellationToken cancel)
    {
        Wire.TransactionRequest request;
        lock (_gate)
        {
            request = _sent ??= ToRequest();
        }
        if (request.Conditions.Count == 0 && request.Then.Count == 0) return new TransactionResult(Id, true, [], []);
        var result = await _calls.RunAsync(request, _mutation, cancel);
        if (!result.ConditionsHeld) throw Refusal(request, result);
        return result;
    }

    /// <summary>Takes no more reads or writes.</summary>
    internal void End()
    {
        lock (_gate) _over = true;
    }

    private protected void ThrowIfOver()
    {
        if (_over || _sent is not null) throw new InvalidOperationException("The transaction is over: it was committed or rolled back.");
    }

    private void Write(Action<OperationList> write)
    {
        lock (_gate)
        {
            ThrowIfOver();
            write(_writes);
        }
    }

    private Wire.TransactionRequest ToRequest()
    {
        var builder = new TransactionBuilder();
        // Locks and sessions come first, so that a refusal tells which.
        foreach (var held in _locks) builder.IfHeld(held);
        foreach (var session in _writes.Sessions) builder.IfAlive(session);
        // A read that failed, or that nobody waited for, told nobody anything.
        foreach (var (key, read) in _reads.Where(r => _told.Contains(r.Key) && r.Value.IsCompletedSuccessfully)) builder.IfRevision(key, read.Result?.Revision ?? Revision.Absent);
        var request = builder.ToRequest(Id, _deadline);
        request.Then.Add(_writes.Operations);
        return TransactionCalls.WithoutRows(request);
    }

    private AkkaHaException Refusal(Wire.TransactionRequest request, TransactionResult result)
    {
        var failed = request.Conditions.Where((_, i) => i < result.ConditionResults.Count && !result.ConditionResults[i]).ToList();
        var stale = _locks.Where(l => failed.Any(c => c.HasLock && c.Lock == l.Name && c.Fence == l.Fence)).ToList();
        foreach (var held in stale) held.MarkLost();
        if (stale.Count > 0) return new FenceStaleException($"lock '{stale[0].Name}' is not held with fence {stale[0].Fence} any more; the transaction changed nothing");
        if (_writes.Sessions.FirstOrDefault(s => failed.Any(c => c.Session == s.Text)) is { Text: not null } ended)
        {
            _sessions.HasEnded(ended, "a transaction found it ended");
            return new SessionExpiredException($"session {ended} has ended; the transaction changed nothing");
        }
        return new TransactionConflictException($"changed since the transaction read it: {string.Join(", ", failed.Select(c => $"'{c.Key}'"))}; it changed nothing");
    }
}
