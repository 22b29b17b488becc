using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Eventual;
using Google.Protobuf.WellKnownTypes;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Named registers. Each field is written and merged by itself. A map without fields is not there.</summary>
public sealed class EventualMap
{
    private const string Kind = "map";

    private readonly EventualCalls _calls;

    internal EventualMap(EventualCalls calls, string key)
    {
        _calls = calls;
        Key = key;
    }

    /// <summary>Its name.</summary>
    public string Key { get; }

    /// <summary>Writes fields. Others may see some before the rest.</summary>
    /// <param name="fields">Up to 1,000; names of 1 to 512 UTF-8 bytes, texts of up to 64 KiB.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task SetAsync(IEnumerable<KeyValuePair<string, string>> fields, EventualOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var request = new Wire.UpdateEventualRequest { Kind = Kind, Key = Key };
        foreach (var (field, value) in fields) request.Set[field] = value;
        return _calls.UpdateAsync(request, options, cancellationToken);
    }

    /// <summary>Writes one field.</summary>
    /// <param name="field">1 to 512 UTF-8 bytes.</param>
    /// <param name="value">Up to 64 KiB as UTF-8.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task SetAsync(string field, string value, EventualOptions? options = null, CancellationToken cancellationToken = default) => SetAsync([new(field, value)], options, cancellationToken);

    /// <summary>Removes fields, as far as the node has seen them written.</summary>
    /// <param name="fields">Up to 1,000, none twice.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task RemoveAsync(IEnumerable<string> fields, EventualOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return _calls.UpdateAsync(new Wire.UpdateEventualRequest { Kind = Kind, Key = Key, Remove = { fields } }, options, cancellationToken);
    }

    /// <summary>The value; empty when there is none by this name.</summary>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">Fewer nodes than asked have answered in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached.</exception>
    public async Task<IReadOnlyDictionary<string, string>> GetAsync(EventualOptions? options = null, CancellationToken cancellationToken = default) => Read(await _calls.GetAsync(Kind, Key, options, cancellationToken));

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
    public async IAsyncEnumerable<IReadOnlyDictionary<string, string>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var value in _calls.WatchAsync(Kind, Key, cancellationToken)) yield return Read(value);
    }

    private static IReadOnlyDictionary<string, string> Read(Value? value) => value?.StructValue is { } map ? map.Fields.ToDictionary(f => f.Key, f => f.Value.StringValue, StringComparer.Ordinal) : new Dictionary<string, string>();
}
