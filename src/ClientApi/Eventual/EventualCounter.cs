using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Eventual;
using Google.Protobuf.WellKnownTypes;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A sum of increments, each of which counts once. It can be read low while increments are still spreading, never high.</summary>
public sealed class EventualCounter
{
    private const string Kind = "counter";

    private readonly EventualCalls _calls;

    internal EventualCounter(EventualCalls calls, string key)
    {
        _calls = calls;
        Key = key;
    }

    /// <summary>Its name.</summary>
    public string Key { get; }

    /// <summary>Adds to it; gives the value as the node has it then.</summary>
    /// <param name="by">What is added; negative takes away.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public async Task<long> IncrementAsync(long by = 1, EventualOptions? options = null, CancellationToken cancellationToken = default) =>
        Read(await _calls.UpdateAsync(new Wire.UpdateEventualRequest { Kind = Kind, Key = Key, Increment = by }, options, cancellationToken));

    /// <summary>The value; 0 when there is none by this name.</summary>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">Fewer nodes than asked have answered in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached.</exception>
    public async Task<long> GetAsync(EventualOptions? options = null, CancellationToken cancellationToken = default) => Read(await _calls.GetAsync(Kind, Key, options, cancellationToken));

    /// <summary>Whether there is anything by this name.</summary>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">Fewer nodes than asked have answered in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached.</exception>
    public async Task<bool> ExistsAsync(EventualOptions? options = null, CancellationToken cancellationToken = default) => await _calls.GetAsync(Kind, Key, options, cancellationToken) is not null;

    /// <summary>Removes all that a node has seen of it; what is written at the same time stays, and the name can be used again at once. Gives false when there was nothing.</summary>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task<bool> DeleteAsync(EventualOptions? options = null, CancellationToken cancellationToken = default) => _calls.DeleteAsync(Kind, Key, options, cancellationToken);

    /// <summary>The value as a node has it now, and after every change that it hears of; changes that follow one another quickly may come as one. Goes on at another node when that one ends.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var value in _calls.WatchAsync(Kind, Key, cancellationToken)) yield return Read(value);
    }

    private static long Read(Value? value) => value is { KindCase: Value.KindOneofCase.StringValue } ? long.Parse(value.StringValue, System.Globalization.CultureInfo.InvariantCulture) : 0;
}
