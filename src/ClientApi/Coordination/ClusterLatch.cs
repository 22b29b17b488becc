using System.Globalization;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Coordination;
using AkkaHa.ClientApi.Errors;

namespace AkkaHa.ClientApi;

/// <summary>
/// A count-down latch: closed until it was counted down as often as it says, then open for all, for ever (or until <see cref="ResetAsync"/>). Each count-down is durable and counts once, however often the client had to send
/// it; a client that dies afterwards has counted all the same.
/// </summary>
public sealed class ClusterLatch
{
    private readonly AkkaHaClient _client;
    private readonly string _key;
    private readonly int _count;

    internal ClusterLatch(AkkaHaClient client, string key, string name, int count)
    {
        _client = client;
        _key = key;
        _count = count;
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Counts down by one. Durable when this returns. An open latch stays open.</summary>
    /// <returns>How often it must still be counted down; 0: it is open.</returns>
    /// <exception cref="UnavailableException">Not counted.</exception>
    /// <exception cref="OutcomeUnknownException">Counted or not.</exception>
    /// <exception cref="TransactionAbortedException">It took too long; not counted.</exception>
    public async Task<long> CountDownAsync(CancellationToken cancellationToken = default)
    {
        // One message, nothing read before: those who count down at the same time do not get in one another's way for long.
        var first = (_count - 1).ToString(CultureInfo.InvariantCulture);
        var result = await _client.Transactions.SubmitAsync(
            new TransactionBuilder().IfAbsent(_key).Then(o => o.Put(_key, first)).Else(o => o.Add(_key, -1)), null, cancellationToken);
        if (result.ConditionsHeld) return _count - 1;
        return result.Results is [{ Value: { } value }] ? Left(value) : await GetAsync(cancellationToken);
    }

    /// <summary>How often it must still be counted down; 0: it is open.</summary>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public async Task<long> GetAsync(CancellationToken cancellationToken = default) => Left((await _client.Keys.GetAsync(_key, cancellationToken))?.Value);

    /// <summary>Waits until it is open.</summary>
    /// <param name="timeout">How long; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TimeoutException">It was closed all the time.</exception>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="LimitExceededException">A node has too many watches.</exception>
    public async Task WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        Require.Wait("timeout", timeout ?? TimeSpan.Zero);
        var until = new Deadline(timeout ?? Timeout.InfiniteTimeSpan, _client.Time);
        if (await GetAsync(cancellationToken) == 0) return;
        var from = await _client.Keys.GetPositionAsync(cancellationToken);
        if (!await KeyWait.UntilAsync(_client, _key, from, value => Left(value) == 0, until, cancellationToken))
            throw new TimeoutException($"latch '{Name}' was not opened in time");
    }

    /// <summary>Closes it again, at its full count. Who waits now waits on.</summary>
    /// <exception cref="UnavailableException">Not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    public Task ResetAsync(CancellationToken cancellationToken = default) => _client.Keys.DeleteAsync(_key, cancellationToken: cancellationToken);

    private long Left(ReadOnlyMemory<byte>? value)
    {
        if (value is not { } text) return _count;
        return long.TryParse(text.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
            ? Math.Max(0, left)
            : throw new InvalidDataException($"the key of latch '{Name}' was written by something else than a latch");
    }
}
