using AkkaHa.Judge.Lists;

namespace AkkaHa.Judge.Registers;

/// <summary>
/// Writes that were certainly made, and that nobody saw: their transactions were committed, or something else of them was seen. Each has a revision that is not known. Whoever asks after that is certain and finds revision n,
/// of whose n versions all are known to be others', shows that it is lost.
/// </summary>
static class LostWrites
{
    public static IEnumerable<Violation> Find(IReadOnlyList<RegisterTransaction> history, RegisterVersions versions)
    {
        var certain = CertainAt(history, versions);
        var unseen = new Dictionary<string, List<(long CertainAt, string Writer, string Value)>>(StringComparer.Ordinal);
        for (var i = 0; i < history.Count; i++)
        {
            if (certain[i] == Time.Never) continue;
            foreach (var (key, value) in RegisterVersions.LastWrites(history[i]).Where(w => !versions.IsKnown(w.Key, w.Value)))
            {
                if (!unseen.TryGetValue(key, out var all)) unseen[key] = all = [];
                all.Add((certain[i], history[i].Id, value));
            }
        }
        var looks = history.Where(t => t.End == ListEnd.Committed).SelectMany(t => t.Steps.Where(s => s.Revision is not null && unseen.ContainsKey(s.Key)).Select(s => (Transaction: t, Step: s))).GroupBy(l => l.Step.Key, StringComparer.Ordinal);
        foreach (var key in looks)
        {
            var known = versions.Of(key.Key);
            foreach (var (by, look) in key)
            {
                var before = unseen[key.Key].Where(w => w.CertainAt < by.InvokedAt).ToArray();
                if (before.Length <= look.Revision!.Value - known.Count(v => v.Revision <= look.Revision)) continue;
                yield return new Violation("no write is lost",
                    $"{by.Id} found '{key.Key}' at revision {look.Revision}, which has no room left for what was certainly written before: {string.Join(", ", before.Select(w => $"'{w.Value}' of {w.Writer}"))}");
                break;
            }
        }
    }

    /// <summary>From when on each transaction is certain to have been done: when it was answered, or when who saw something of it was.</summary>
    private static long[] CertainAt(IReadOnlyList<RegisterTransaction> history, RegisterVersions versions)
    {
        long[] certain = [.. history.Select(t => t.End == ListEnd.Committed ? t.CompletedAt : Time.Never)];
        foreach (var reader in history.Where(t => t.End == ListEnd.Committed))
            foreach (var read in RegisterVersions.ReadsOfOthers(reader).Where(r => r.Seen is not null))
                if (versions.WriterOf(read.Key, read.Seen!) is { } writer) certain[writer] = Math.Min(certain[writer], reader.CompletedAt);
        return certain;
    }
}
