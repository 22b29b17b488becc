using System.Collections.Concurrent;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Which entities are in use: nemeses look for their owners.</summary>
sealed class InUse
{
    private readonly ConcurrentDictionary<EntityId, long> lastUse = new();

    /// <summary>Everything that was ever used.</summary>
    public IEnumerable<EntityId> All => lastUse.Keys;

    public void Touch(EntityId entity) => lastUse[entity] = Environment.TickCount64;

    /// <summary>What was used within this time.</summary>
    public IReadOnlyList<EntityId> Within(TimeSpan time)
    {
        var since = Environment.TickCount64 - (long)time.TotalMilliseconds;
        return [.. lastUse.Where(e => e.Value >= since).Select(e => e.Key)];
    }
}
