using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Eventual;
using Google.Protobuf.WellKnownTypes;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A set of texts. An add wins over a removal that did not see it. An empty set is not there.</summary>
public sealed class EventualSet
{
    private const string Kind = "set";

    private readonly EventualCalls _calls;

    internal EventualSet(EventualCalls calls, string key)
    {
        _calls = calls;
        Key = key;
    }

    /// <summary>Its name.</summary>
    public string Key { get; }

    /// <summary>Adds elements. A large number of them is not added all at once: others may see some before the rest.</summary>
    /// <param name="elements">Up to 1,000, each 1 to 512 UTF-8 bytes, none twice.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task AddAsync(IEnumerable<string> elements, EventualOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(elements);
        return _calls.UpdateAsync(new Wire.UpdateEventualRequest { Kind = Kind, Key = Key, Add = { elements } }, options, cancellationToken);
    }

    /// <summary>Adds one element.</summary>
    /// <param name="element">1 to 512 UTF-8 bytes.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task AddAsync(string element, EventualOptions? options = null, CancellationToken cancellationToken = default) => AddAsync([element], options, cancellationToken);

    /// <summary>Removes elements, as far as the node has seen them added.</summary>
    /// <param name="elements">Up to 1,000, none twice.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task RemoveAsync(IEnumerable<string> elements, EventualOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(elements);
        return _calls.UpdateAsync(new Wire.UpdateEventualRequest { Kind = Kind, Key = Key, Remove = { elements } }, options, cancellationToken);
    }

    /// <summary>Removes one element, as far as the node has seen it added.</summary>
    /// <param name="element">1 to 512 UTF-8 bytes.</param>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">It is stored and will spread, but had not reached as many nodes as asked in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached; not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    /// <exception cref="LimitExceededException">The part of the data that it is in is full; the message names the limit.</exception>
    public Task RemoveAsync(string element, EventualOptions? options = null, CancellationToken cancellationToken = default) => RemoveAsync([element], options, cancellationToken);

    /// <summary>The value; empty when there is none by this name.</summary>
    /// <param name="options">How many nodes take part. Left out: one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PartialException">Fewer nodes than asked have answered in time.</exception>
    /// <exception cref="UnavailableException">No node could be reached.</exception>
    public async Task<IReadOnlySet<string>> GetAsync(EventualOptions? options = null, CancellationToken cancellationToken = default) => Read(await _calls.GetAsync(Kind, Key, options, cancellationToken));

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
    public async IAsyncEnumerable<IReadOnlySet<string>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var value in _calls.WatchAsync(Kind, Key, cancellationToken)) yield return Read(value);
    }

    private static IReadOnlySet<string> Read(Value? value) => value?.ListValue is { } list ? list.Values.Select(v => v.StringValue).ToHashSet(StringComparer.Ordinal) : new HashSet<string>();
}
