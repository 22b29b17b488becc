using AkkaHa.Judge.Lists;

namespace AkkaHa.Judge.Registers;

/// <summary>Who made which version of each register, from what was answered and what was read.</summary>
sealed class RegisterVersions
{
    private readonly Dictionary<string, SortedDictionary<long, (int Writer, string Value)>> versions = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Key, string Value), int> writers = [];
    private readonly Dictionary<(string Key, string Value), long> revisions = [];
    private readonly IReadOnlyList<RegisterTransaction> history;

    public RegisterVersions(IReadOnlyList<RegisterTransaction> history)
    {
        this.history = history;
        for (var i = 0; i < history.Count; i++)
            foreach (var step in history[i].Steps)
                if (step.Write is { } value && !writers.TryAdd((step.Key, value), i))
                    throw new ArgumentException($"'{value}' is written twice to '{step.Key}': nothing can be told from such a history", nameof(history));
        for (var i = 0; i < history.Count; i++) Add(i);
    }

    public List<Violation> Violations { get; } = [];

    public IEnumerable<string> Keys => versions.Keys;

    /// <summary>Those of one register that are known, in their order.</summary>
    public IReadOnlyList<(long Revision, int Writer, string Value)> Of(string key) =>
        versions.TryGetValue(key, out var all) ? [.. all.Select(v => (v.Key, v.Value.Writer, v.Value.Value))] : [];

    /// <summary>Whether the revision of this write is known.</summary>
    public bool IsKnown(string key, string value) => revisions.ContainsKey((key, value));

    /// <summary>Who wrote this value; null: nobody.</summary>
    public int? WriterOf(string key, string value) => writers.TryGetValue((key, value), out var writer) ? writer : null;

    /// <summary>What a transaction leaves in each key that it writes.</summary>
    public static IEnumerable<(string Key, string Value)> LastWrites(RegisterTransaction transaction) =>
        transaction.Steps.Where(s => s.Write is not null).GroupBy(s => s.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Last().Write!));

    /// <summary>What of these steps tells something about other transactions: reads of a key that the transaction has not written before.</summary>
    public static IEnumerable<RegisterStep> ReadsOfOthers(RegisterTransaction transaction)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in transaction.Steps)
        {
            if (step.Write is not null) own.Add(step.Key);
            else if (!own.Contains(step.Key) && step.Revision is not null) yield return step;
        }
    }

    private void Add(int i)
    {
        var transaction = history[i];
        if (transaction.End != ListEnd.Committed) return;
        foreach (var last in transaction.Steps.Where(s => s.Write is not null).GroupBy(s => s.Key, StringComparer.Ordinal).Select(g => g.Last()))
            if (last.Revision is { } made) Know(last.Key, made, i, last.Write!, i);
        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var step in transaction.Steps)
        {
            if (step.Write is not null) own[step.Key] = step.Write;
            else if (own.TryGetValue(step.Key, out var mine) && mine != step.Seen)
                Violations.Add(new Violation("a transaction sees itself", $"{transaction.Id} wrote '{mine}' to '{step.Key}' and then read '{step.Seen}'"));
        }
        foreach (var read in ReadsOfOthers(transaction).Where(r => r.Seen is not null)) Seen(i, read);
    }

    private void Seen(int reader, RegisterStep read)
    {
        var what = $"{history[reader].Id} read '{read.Seen}' in '{read.Key}'";
        if (!writers.TryGetValue((read.Key, read.Seen!), out var writer)) Violations.Add(new Violation("no value out of nowhere", $"{what}, which nobody wrote"));
        else if (history[writer].End == ListEnd.Aborted) Violations.Add(new Violation("dirty read (G1a)", $"{what}, which {history[writer].Id} wrote, and that was aborted"));
        else if (history[writer].Steps.Last(s => s.Key == read.Key && s.Write is not null).Write != read.Seen)
            Violations.Add(new Violation("dirty read (G1b)", $"{what}, which is not the last that {history[writer].Id} wrote there"));
        else Know(read.Key, read.Revision!.Value, writer, read.Seen!, reader);
    }

    private void Know(string key, long revision, int writer, string value, int by)
    {
        if (!versions.TryGetValue(key, out var all)) versions[key] = all = [];
        if (all.TryGetValue(revision, out var there))
        {
            if (there.Value != value)
                Violations.Add(new Violation("one order of versions", $"revision {revision} of '{key}' is '{there.Value}' of {history[there.Writer].Id}, and for {history[by].Id} it is '{value}'"));
        }
        else if (!revisions.TryAdd((key, value), revision)) Violations.Add(new Violation("one order of versions", $"'{value}' in '{key}' has revision {revision} for {history[by].Id}, and another for others"));
        else all.Add(revision, (writer, value));
    }
}
