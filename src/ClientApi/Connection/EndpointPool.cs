using System.Collections.Concurrent;

namespace AkkaHa.ClientApi.Connection;

/// <summary>All nodes that this client knows: the given ones, and those that the ring told of.</summary>
internal sealed class EndpointPool : IDisposable
{
    private readonly AkkaHaClientOptions _options;
    private readonly ConcurrentDictionary<string, Lazy<Endpoint>> _known = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _given;
    private volatile IReadOnlyList<string> _learnt = [];
    private uint _turn;

    public EndpointPool(AkkaHaClientOptions options)
    {
        _options = options;
        _given = EndpointList.Parse(options.Endpoints);
    }

    /// <summary>
    /// Where the next attempt goes: to the owner, unless it failed of late or has just been tried; else to the given endpoints in turn,
    /// else to others of the ring, and when all failed of late, to any.
    /// </summary>
    public Endpoint Choose(string? owner, Endpoint? last)
    {
        if (owner is not null && At(owner) is { IsSuspect: false } at && at != last) return at;
        var turn = Interlocked.Increment(ref _turn);
        return First(_given, turn, e => e != last && !e.IsSuspect)
            ?? First(_learnt, turn, e => e != last && !e.IsSuspect)
            ?? First([.. _given, .. _learnt], turn, e => e != last)
            ?? At(_given[0]);
    }

    /// <summary>Every known address, in turn, the healthy first.</summary>
    public IReadOnlyList<Endpoint> InTurn()
    {
        var turn = Interlocked.Increment(ref _turn);
        var all = _given.Concat(_learnt).ToArray();
        return [.. Enumerable.Range(0, all.Length).Select(i => At(all[(int)((turn + i) % all.Length)])).OrderBy(e => e.IsSuspect)];
    }

    /// <summary>The ring names these. What left it is dropped, not disposed: calls may still be open on it, and unused connections go by themselves.</summary>
    public void Learn(IEnumerable<string> addresses)
    {
        _learnt = [.. addresses.Except(_given, StringComparer.Ordinal)];
        foreach (var address in _known.Keys.Except(_given, StringComparer.Ordinal).Except(_learnt, StringComparer.Ordinal))
            _known.TryRemove(address, out _);
    }

    public void Dispose()
    {
        foreach (var endpoint in _known.Values)
            endpoint.Value.Dispose();
    }

    private Endpoint At(string address) => _known.GetOrAdd(address, a => new Lazy<Endpoint>(() => new Endpoint(a, _options))).Value;

    private Endpoint? First(IReadOnlyList<string> addresses, uint turn, Func<Endpoint, bool> fits)
    {
        for (var i = 0; i < addresses.Count; i++)
            if (At(addresses[(int)((turn + i) % addresses.Count)]) is var endpoint && fits(endpoint)) return endpoint;
        return null;
    }
}
