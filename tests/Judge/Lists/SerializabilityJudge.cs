using AkkaHa.Judge.Cycles;

namespace AkkaHa.Judge.Lists;

/// <summary>
/// Is the history strictly serializable? The order of versions of each list comes from the reads; writes, reads and real time then say which transaction
/// came before which; a cycle is a contradiction. Unknown transactions count as committed exactly when something of them was seen.
/// </summary>
public static class SerializabilityJudge
{
    /// <summary>Judges a whole history of transactions over lists.</summary>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<ListTransaction> history)
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var transaction in history)
            foreach (var step in transaction.Steps)
                if (step.Append is { } element && !written.Add($"{step.Key} {element}"))
                    throw new ArgumentException($"element '{element}' is appended twice to '{step.Key}': nothing can be told from such a history", nameof(history));

        return [.. Parts.Of(history).SelectMany(JudgePart)];
    }

    private static List<Violation> JudgePart(IReadOnlyList<ListTransaction> history)
    {
        var violations = new List<Violation>();
        var writers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < history.Count; i++)
            foreach (var step in history[i].Steps)
                if (step.Append is { } element) writers.Add($"{step.Key} {element}", i);

        var orders = new Dictionary<string, VersionOrder>(StringComparer.Ordinal);
        var reads = history.Where(t => t.End == ListEnd.Committed).SelectMany(t => t.Steps.Where(s => s.Seen is not null).Select(s => (s.Key, Read: (t.Id, s.Seen!)))).ToLookup(r => r.Key, r => r.Read);
        foreach (var key in history.SelectMany(t => t.Steps).Select(s => s.Key).Distinct(StringComparer.Ordinal))
        {
            var (order, wrong) = VersionOrder.Of(key, reads[key]);
            violations.AddRange(wrong);
            violations.AddRange(Origins(key, order, history, writers));
            orders[key] = order;
        }
        violations.AddRange(Within(history));
        violations.AddRange(AllOrNothing(history, orders));
        violations.AddRange(Lost(history, orders));
        if (violations.Count > 0) return violations;
        if (Anomalies.Find(Order(history, orders, writers), i => history[i].Steps.All(s => s.Append is null)) is { } found)
            violations.Add(Anomalies.Violation(found.Name, found.Cycle, i => history[i].Id));
        return violations;
    }

    private static IEnumerable<Violation> Origins(string key, VersionOrder order, IReadOnlyList<ListTransaction> history, Dictionary<string, int> writers)
    {
        foreach (var element in order.Elements)
        {
            if (!writers.TryGetValue($"{key} {element}", out var writer)) yield return new Violation("no value out of nowhere", $"list '{key}' holds '{element}', which nobody appended");
            else if (history[writer].End == ListEnd.Aborted) yield return new Violation("aborted is nothing done", $"list '{key}' holds '{element}' of {history[writer].Id}, which was aborted");
        }
    }

    /// <summary>A transaction sees its own appends, and nobody sees the middle of another.</summary>
    private static IEnumerable<Violation> Within(IReadOnlyList<ListTransaction> history)
    {
        foreach (var transaction in history.Where(t => t.End == ListEnd.Committed))
        {
            foreach (var steps in transaction.Steps.GroupBy(s => s.Key, StringComparer.Ordinal))
            {
                IReadOnlyList<string>? before = null;
                foreach (var step in steps.Where(s => s.Seen is not null))
                {
                    var wanted = step.Append is null ? before : before is null ? null : [.. before, step.Append];
                    if ((wanted is not null && !wanted.SequenceEqual(step.Seen!)) || (step.Append is not null && (step.Seen!.Count == 0 || step.Seen[^1] != step.Append)))
                        yield return new Violation("a transaction sees itself", $"{transaction.Id} on '{steps.Key}': after [{string.Join(' ', before ?? [])}] it saw [{string.Join(' ', step.Seen!)}]");
                    before = step.Seen;
                }
            }
        }
    }

    /// <summary>What a transaction appends to one list stands together, and if any of its appends was seen, none is missing under a later one.</summary>
    private static IEnumerable<Violation> AllOrNothing(IReadOnlyList<ListTransaction> history, Dictionary<string, VersionOrder> orders)
    {
        var places = orders.ToDictionary(o => o.Key, o => o.Value.Elements.Select((e, i) => (e, i)).DistinctBy(p => p.e).ToDictionary(p => p.e, p => p.i), StringComparer.Ordinal);
        var reads = history.Where(t => t.End == ListEnd.Committed).SelectMany(t => t.Steps.Where(s => s.Seen is { Count: > 0 }).Select(s => (t, s))).ToLookup(r => (r.s.Key, r.s.Seen![^1]));
        foreach (var transaction in history.Where(t => t.End != ListEnd.Aborted))
        {
            foreach (var appends in transaction.Steps.Where(s => s.Append is not null).GroupBy(s => s.Key, StringComparer.Ordinal))
            {
                var elements = appends.Select(s => s.Append!).ToList();
                foreach (var middle in elements.SkipLast(1))
                    foreach (var (reader, _) in reads[(appends.Key, middle)].Where(r => r.t != transaction))
                        yield return new Violation("nobody sees the middle of a transaction", $"{reader.Id} read '{appends.Key}' up to '{middle}', which is not the last that {transaction.Id} appended");
                var seen = elements.Where(places[appends.Key].ContainsKey).Select(e => places[appends.Key][e]).ToList();
                if (seen.Count > 0 && seen.Count < elements.Count)
                    yield return new Violation("all or nothing", $"of {transaction.Id}, only {seen.Count} of {elements.Count} appends to '{appends.Key}' are there");
                if (seen.Count > 1 && seen.Zip(seen.Skip(1)).Any(p => p.Second != p.First + 1))
                    yield return new Violation("all or nothing", $"the appends of {transaction.Id} to '{appends.Key}' do not stand together");
            }
        }
    }

    private static Dependencies Order(IReadOnlyList<ListTransaction> history, Dictionary<string, VersionOrder> orders, Dictionary<string, int> writers)
    {
        var dependencies = new Dependencies(history.Count);
        foreach (var (key, order) in orders)
            for (var i = 1; i < order.Elements.Count; i++)
                dependencies.Add(writers[$"{key} {order.Elements[i - 1]}"], writers[$"{key} {order.Elements[i]}"], Because.WriteWrite, $"'{order.Elements[i]}' follows '{order.Elements[i - 1]}' in '{key}'");

        var known = new bool[history.Count];
        for (var i = 0; i < history.Count; i++)
        {
            known[i] = history[i].End == ListEnd.Committed;
            if (!known[i]) continue;
            foreach (var step in history[i].Steps.Where(s => s.Seen is not null))
            {
                var elements = orders[step.Key].Elements;
                var length = step.Seen!.Count;
                if (length > 0) dependencies.Add(writers[$"{step.Key} {step.Seen[^1]}"], i, Because.WriteRead, $"it appended '{step.Seen[^1]}', which the next saw in '{step.Key}'");
                if (length < elements.Count) dependencies.Add(i, writers[$"{step.Key} {elements[length]}"], Because.ReadWrite, $"it saw '{step.Key}' without '{elements[length]}' of the next");
            }
        }
        RealTime.Add([.. history.Select(t => (t.InvokedAt, t.CompletedAt))], known, orders.SelectMany(o => o.Value.Elements.Select(e => writers[$"{o.Key} {e}"])).ToHashSet(), dependencies);
        return dependencies;
    }

    /// <summary>What was committed without its client knowing what it saw is there for whoever reads later.</summary>
    private static IEnumerable<Violation> Lost(IReadOnlyList<ListTransaction> history, Dictionary<string, VersionOrder> orders)
    {
        var there = orders.ToDictionary(o => o.Key, o => o.Value.Elements.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var transaction in history.Where(t => t.End == ListEnd.Committed))
        {
            foreach (var step in transaction.Steps.Where(s => s.Append is not null && s.Seen is null && !there[s.Key].Contains(s.Append)))
            {
                if (history.FirstOrDefault(t => t.End == ListEnd.Committed && t.InvokedAt > transaction.CompletedAt && t.Steps.Any(s => s.Key == step.Key && s.Seen is not null)) is { } reader)
                    yield return new Violation("nothing acknowledged is lost", $"{transaction.Id} was committed, and {reader.Id} read '{step.Key}' later without its '{step.Append}'");
            }
        }
    }
}
