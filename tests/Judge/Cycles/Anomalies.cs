namespace AkkaHa.Judge.Cycles;

/// <summary>
/// Names the worst contradiction: whatever needs fewer kinds of reasons is worse, since weaker promises forbid it too. Names are those of Adya's thesis, as
/// Elle gives them.
/// </summary>
static class Anomalies
{
    private const Because Information = Because.WriteWrite | Because.WriteRead;

    /// <summary>The name and the cycle; null: there is an order that explains everything.</summary>
    /// <param name="dependencies">All there are.</param>
    /// <param name="readsOnly">Whether a transaction wrote nothing.</param>
    public static (string Name, IReadOnlyList<Edge> Cycle)? Find(Dependencies dependencies, Func<int, bool> readsOnly)
    {
        if (dependencies.Cycle(Because.WriteWrite) is { } dirtyWrite) return ("dirty write (G0)", dirtyWrite);
        if (dependencies.Cycle(Information) is { } circular) return ("circular information flow (G1c)", circular);
        if (dependencies.CycleWithOne(Because.ReadWrite, Information) is { } single)
            return (single is [{ Because: Because.ReadWrite }, { Because: Because.WriteWrite }] ? "lost update (G-single)" : "read skew (G-single)", single);
        if (dependencies.Cycle(Information | Because.ReadWrite) is { } skew)
            return (skew.Where(e => e.Because == Because.ReadWrite).All(e => readsOnly(e.From)) ? "long fork (G2)" : "write skew (G2)", skew);
        if (dependencies.Cycle(Information | Because.ReadWrite | Because.RealTime) is { } late) return ("real-time violation (serializable, not strictly)", late);
        return null;
    }

    public static Violation Violation(string name, IReadOnlyList<Edge> cycle, Func<int, string> idOf) =>
        new("strict serializability", $"{name}{string.Concat(cycle.Select(e => $"\n  {idOf(e.From)} before the next: {e.Why}"))}\n  back at {idOf(cycle[0].From)}");
}
