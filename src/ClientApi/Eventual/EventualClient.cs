using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Eventual;

namespace AkkaHa.ClientApi;

/// <summary>
/// Data that stays writable when everything else is down, the database included: every node has all of it, takes writes by itself and spreads them. Writes at the same time are merged by the rules of
/// the kind. A client sees its own writes (of the last 10,000 keys that it wrote); others' come a moment later. Repeats count once.
/// </summary>
public sealed class EventualClient
{
    private readonly EventualCalls _calls;

    internal EventualClient(EventualCalls calls) => _calls = calls;

    /// <summary>A sum of increments.</summary>
    /// <param name="key">1 to 512 UTF-8 bytes; <c>/</c> separates segments. Each kind has names of its own.</param>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public EventualCounter Counter(string key) => new(_calls, Checked(key));

    /// <summary>A set of texts: an add wins over a removal at the same time.</summary>
    /// <inheritdoc cref="Counter"/>
    public EventualSet Set(string key) => new(_calls, Checked(key));

    /// <summary>A text: of writes at the same time the latest stays.</summary>
    /// <inheritdoc cref="Counter"/>
    public EventualRegister Register(string key) => new(_calls, Checked(key));

    /// <summary>Named registers.</summary>
    /// <inheritdoc cref="Counter"/>
    public EventualMap Map(string key) => new(_calls, Checked(key));

    /// <summary>On or off: of switches at the same time the one to on stays.</summary>
    /// <inheritdoc cref="Counter"/>
    public EventualFlag Flag(string key) => new(_calls, Checked(key));

    /// <summary>The names of a kind that a node knows, in the order of their UTF-8 bytes.</summary>
    /// <param name="kind">counter, set, register, map or flag.</param>
    /// <param name="prefix">Of the name; empty: all.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad prefix or kind.</exception>
    public async IAsyncEnumerable<string> ListAsync(string kind, string prefix = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(prefix);
        var after = "";
        do
        {
            (var keys, after) = await _calls.ListAsync(kind, prefix, after, cancellationToken);
            foreach (var key in keys) yield return key;
        }
        while (after.Length > 0);
    }

    private static string Checked(string key)
    {
        Require.Name("key", key);
        return key;
    }
}
