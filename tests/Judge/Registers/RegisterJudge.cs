using AkkaHa.Judge.Cycles;
using AkkaHa.Judge.Lists;

namespace AkkaHa.Judge.Registers;

/// <summary>
/// Is a history of transactions over registers strictly serializable? Transactions read before they write, and revisions tell the order of versions. A cycle of what
/// was written, read and overwritten, and of real time, is a contradiction, and is named. Unknown transactions count as committed exactly when something of them was seen.
/// </summary>
public static class RegisterJudge
{
    /// <summary>Judges a whole history.</summary>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<RegisterTransaction> history)
    {
        var versions = new RegisterVersions(history);
        if (versions.Violations.Count > 0) return versions.Violations;
        var lost = LostWrites.Find(history, versions).ToArray();
        if (lost.Length > 0) return lost;
        return Anomalies.Find(Order(history, versions), i => history[i].Steps.All(s => s.Write is null)) is { } found
            ? [Anomalies.Violation(found.Name, found.Cycle, i => history[i].Id)]
            : [];
    }

    private static Dependencies Order(IReadOnlyList<RegisterTransaction> history, RegisterVersions versions)
    {
        var dependencies = new Dependencies(history.Count);
        var seen = new HashSet<int>();
        var known = versions.Keys.ToDictionary(k => k, versions.Of, StringComparer.Ordinal);
        foreach (var (key, all) in known)
        {
            seen.UnionWith(all.Select(v => v.Writer));
            foreach (var (earlier, later) in all.Zip(all.Skip(1)))
                dependencies.Add(earlier.Writer, later.Writer, Because.WriteWrite, $"it wrote '{earlier.Value}' to '{key}', and the next '{later.Value}' over it");
        }
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].End != ListEnd.Committed) continue;
            foreach (var read in RegisterVersions.ReadsOfOthers(history[i])) Add(i, read);
        }
        RealTime.Add([.. history.Select(t => (t.InvokedAt, t.CompletedAt))], [.. history.Select(t => t.End == ListEnd.Committed)], seen, dependencies);
        return dependencies;

        void Add(int reader, RegisterStep read)
        {
            foreach (var version in known.GetValueOrDefault(read.Key, []))
            {
                if (version.Revision == read.Revision) dependencies.Add(version.Writer, reader, Because.WriteRead, $"it wrote '{version.Value}' to '{read.Key}', which the next read");
                if (version.Revision <= read.Revision) continue;
                dependencies.Add(reader, version.Writer, Because.ReadWrite, $"it read '{read.Key}' before the next wrote '{version.Value}'");
                break;
            }
        }
    }
}
