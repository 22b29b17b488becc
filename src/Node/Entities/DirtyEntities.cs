using System.Collections.Concurrent;

namespace AkkaHa.Node.Entities;

/// <summary>
/// Entities whose last activation here ended with a write in flight: whether it landed is not known, so the next one must claim anew
/// although the last row it sees has its epoch.
/// </summary>
internal sealed class DirtyEntities
{
    private readonly ConcurrentDictionary<string, bool> entities = new(StringComparer.Ordinal);

    public bool Contains(string entity) => entities.ContainsKey(entity);

    public void Add(string entity) => entities[entity] = true;

    public void Remove(string entity) => entities.TryRemove(entity, out _);
}
