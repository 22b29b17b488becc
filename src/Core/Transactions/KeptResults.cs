using AkkaHa.Messages;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Which results a slot keeps for repeats. They go when their time is over and, where there are more bytes than the limit, the largest first; the small and those of the last minute stay, since a client that
/// had no answer asks again soon, and goes on from what it hears. Beyond the hard limit these go too.
/// </summary>
internal sealed class KeptResults
{
    private const long KeptMs = Limits.TransactionResultMinutes * 60_000L;
    private const long SureMs = Limits.TransactionResultSureSeconds * 1000L;

    private static readonly Comparer<Kept> BySize = Comparer<Kept>.Create((a, b) =>
        a.Bytes != b.Bytes ? a.Bytes.CompareTo(b.Bytes) : a.TimeMs != b.TimeMs ? b.TimeMs.CompareTo(a.TimeMs) : string.CompareOrdinal(a.Id, b.Id));

    private readonly Dictionary<string, Kept> all = new(StringComparer.Ordinal);
    private readonly SortedSet<Kept> bySize = new(BySize);
    private readonly SortedSet<Kept> spare = new(BySize);
    private readonly Queue<Kept> byAge = new();
    private readonly Queue<Kept> sure = new();
    private long bytes;

    private sealed record Kept(string Id, long TimeMs, int Bytes);

    public void Add(string id, long timeMs, int size)
    {
        var kept = new Kept(id, timeMs, size);
        all.Add(id, kept);
        bySize.Add(kept);
        byAge.Enqueue(kept);
        if (size > Limits.TransactionResultSmallBytes) sure.Enqueue(kept);
        bytes += size;
    }

    public void Remove(string id)
    {
        if (all.Remove(id, out var kept)) Drop(kept);
    }

    /// <summary>The next whose results go; they count no more. Null: the others stay.</summary>
    public string? TakeNext(long nowMs)
    {
        while (byAge.TryPeek(out var oldest) && (oldest.TimeMs < nowMs - KeptMs || !IsKept(oldest)))
        {
            byAge.Dequeue();
            if (IsKept(oldest)) return Take(oldest);
        }
        while (sure.TryPeek(out var next) && (next.TimeMs <= nowMs - SureMs || !IsKept(next)))
        {
            sure.Dequeue();
            if (IsKept(next)) spare.Add(next);
        }
        if (bytes > Limits.TransactionResultBytesPerSlot && spare.Max is { } large) return Take(large);
        return bytes > Limits.TransactionResultBytesPerSlotMax ? Take(bySize.Max!) : null;
    }

    private bool IsKept(Kept one) => ReferenceEquals(all.GetValueOrDefault(one.Id), one);

    private string Take(Kept one)
    {
        all.Remove(one.Id);
        Drop(one);
        return one.Id;
    }

    private void Drop(Kept one)
    {
        bySize.Remove(one);
        spare.Remove(one);
        bytes -= one.Bytes;
    }
}
