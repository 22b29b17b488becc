using System.Globalization;
using System.Text;

namespace AkkaHa.ClientApi;

/// <summary>
/// A 64-bit counter. Changes are linearizable and happen once, however often the client had to send them; under a guard they happen only while that lock is held, which the servers check in the same step: a
/// holder that lost it without noticing changes nothing.
/// </summary>
public sealed class FencedCounter
{
    private readonly AkkaHaClient _client;

    internal FencedCounter(AkkaHaClient client, string key)
    {
        _client = client;
        Key = key;
    }

    /// <summary>The key that it is.</summary>
    public string Key { get; }

    /// <summary>The value; 0 when it was never changed.</summary>
    /// <exception cref="InvalidDataException">The key is no number.</exception>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public async Task<long> GetAsync(CancellationToken cancellationToken = default) =>
        await _client.Keys.GetAsync(Key, cancellationToken) is { } entry ? Number(entry.Value) : 0;

    /// <summary>Adds, without reading before: those who only add are never in one another's way for long. Durable when this returns.</summary>
    /// <param name="amount">What to add; negative to subtract.</param>
    /// <param name="guard">Only while this lock is still held.</param>
    /// <param name="cancellationToken">Gives the call up; whether it was added is not known then.</param>
    /// <returns>The value after it.</returns>
    /// <exception cref="FenceStaleException">The guard is not held any more; nothing was added.</exception>
    /// <exception cref="TransactionAbortedException">It would overflow, or the key is no number, or it took too long; nothing was added.</exception>
    /// <exception cref="UnavailableException">Nothing was added.</exception>
    /// <exception cref="OutcomeUnknownException">Added or not.</exception>
    public async Task<long> AddAsync(long amount, Guard? guard = null, CancellationToken cancellationToken = default)
    {
        var result = await RunAsync(o => o.Add(Key, amount), guard, cancellationToken);
        return result.Results is [{ Value: { } value }]
            ? Number(value)
            : throw new OutcomeUnknownException($"counter '{Key}' was added to, but too long ago for its value after that to be known", result.Id.Text);
    }

    /// <summary>Sets it, whatever it is. Durable when this returns.</summary>
    /// <param name="value">What it becomes.</param>
    /// <param name="guard">Only while this lock is still held.</param>
    /// <param name="cancellationToken">Gives the call up; whether it was set is not known then.</param>
    /// <exception cref="FenceStaleException">The guard is not held any more; nothing was set.</exception>
    /// <exception cref="TransactionAbortedException">It took too long; nothing was set.</exception>
    /// <exception cref="UnavailableException">Not set.</exception>
    /// <exception cref="OutcomeUnknownException">Set or not.</exception>
    public Task SetAsync(long value, Guard? guard = null, CancellationToken cancellationToken = default) =>
        RunAsync(o => o.Put(Key, value.ToString(CultureInfo.InvariantCulture)), guard, cancellationToken);

    private async Task<TransactionResult> RunAsync(Action<OperationList> change, Guard? guard, CancellationToken cancel)
    {
        var transaction = new TransactionBuilder().Then(change);
        if (guard is not null) transaction.IfHeld(guard.LockName, guard.Fence);
        var result = await _client.Transactions.SubmitAsync(transaction, null, cancel);
        if (result.ConditionsHeld) return result;
        guard!.Held?.MarkLost();
        throw new FenceStaleException($"lock '{guard.LockName}' is not held with fence {guard.Fence} any more; counter '{Key}' was not changed");
    }

    private long Number(ReadOnlyMemory<byte> value) => long.TryParse(value.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new InvalidDataException($"the value of key '{Key}' is no number: {Encoding.UTF8.GetString(value.Span)}");
}
