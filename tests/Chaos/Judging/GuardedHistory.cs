using AkkaHa.Chaos.Histories;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Locks;

namespace AkkaHa.Chaos.Judging;

/// <summary>
/// Writes under fences, as the store has them. One with an unknown outcome was done as soon as anybody has read what it wrote: the revision of that read is its place.
/// </summary>
sealed class GuardedHistory
{
    private readonly Dictionary<(string Key, string Value), KeyOperation> writes = [];
    private readonly Dictionary<(string Key, string Value), long> seen = [];

    public GuardedHistory(IReadOnlyList<Operation> operations)
    {
        foreach (var write in operations.OfType<KeyOperation>().Where(k => k is { Lock: not null, Value: not null })) writes[(write.Key, write.Value!)] = write;
        foreach (var call in operations.OfType<KeyOperation>().Where(k => k is { Outcome: Outcome.Ok, Revision: not null }))
            if ((call.Action == KeyAction.Put ? call.Value : call.Seen) is { } value && writes.ContainsKey((call.Key, value))) seen[(call.Key, value)] = call.Revision!.Value;
    }

    /// <summary>Those that are known to have been done: acknowledged, or seen.</summary>
    public IEnumerable<KeyOperation> Done() => seen.Keys.Select(k => writes[k]);

    /// <summary>The same, in the order of the store, which the revision of the key is.</summary>
    public IEnumerable<GuardedWrite> InOrder() => seen.OrderBy(s => s.Value).Select(s => new GuardedWrite(writes[s.Key].Lock!, writes[s.Key].Fence!.Value, $"{s.Key.Value} @{s.Value}"));
}
