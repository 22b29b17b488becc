namespace AkkaHa.Judge.Lists;

/// <summary>
/// Splits a history into parts that share no list. Strict serializability is local to them, as linearizability is to objects (Herlihy and Wing, 1990): the
/// whole has it when each part has, and small parts are quick to judge.
/// </summary>
static class Parts
{
    public static IEnumerable<IReadOnlyList<ListTransaction>> Of(IReadOnlyList<ListTransaction> history)
    {
        var parent = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var transaction in history)
            foreach (var step in transaction.Steps)
                parent[Root(parent, step.Key)] = Root(parent, transaction.Steps[0].Key);
        return history.Where(t => t.Steps.Count > 0).GroupBy(t => Root(parent, t.Steps[0].Key), StringComparer.Ordinal).Select(g => (IReadOnlyList<ListTransaction>)[.. g]);
    }

    private static string Root(Dictionary<string, string> parent, string key)
    {
        while (parent.TryGetValue(key, out var above) && above != key)
        {
            // Shortens the way for the next.
            parent[key] = parent.GetValueOrDefault(above, above);
            key = above;
        }
        parent[key] = key;
        return key;
    }
}
