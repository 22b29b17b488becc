namespace AkkaHa.Node.Journal;

/// <summary>A net below the order of the journal: of each key, only sequence numbers above the last one count. For the keys that changed last.</summary>
internal sealed class KeySequence
{
    private const int MostKeys = 100_000;

    private readonly Dictionary<string, long> last = new(StringComparer.Ordinal);

    public bool IsNew(JournalRow row)
    {
        if (last.TryGetValue(row.PersistenceId, out var seen) && row.SequenceNr <= seen) return false;
        if (last.Count >= MostKeys) last.Clear();
        last[row.PersistenceId] = row.SequenceNr;
        return true;
    }
}
