using AkkaHa.Messages.Eventual;

namespace AkkaHa.ClientApi.Eventual;

/// <summary>What this client has written, of the keys that it wrote last: a node that has not heard of it yet is not believed.</summary>
internal sealed class WrittenKeys
{
    public const int Keys = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, EventualToken> _tokens = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public string TokenOf(string name)
    {
        lock (_gate) return _tokens.TryGetValue(name, out var token) ? token.ToString() : "";
    }

    public void Add(string name, string text)
    {
        if (text.Length == 0 || !EventualToken.TryParse(text, out var token)) return;
        lock (_gate)
        {
            if (_tokens.TryGetValue(name, out var known)) token = known.And(token);
            else
            {
                _order.Enqueue(name);
                if (_order.Count > Keys) _tokens.Remove(_order.Dequeue());
            }
            _tokens[name] = token;
        }
    }
}
