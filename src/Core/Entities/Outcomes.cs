using AkkaHa.Messages;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Entities;

/// <summary>
/// The answers already given, for repeats. An outcome is forgotten only below the floor (the time of the latest row less 60 s, never going
/// back), and an unknown id that was issued below the floor is never executed: it may be one of the forgotten.
/// </summary>
internal sealed class Outcomes
{
    private readonly Dictionary<string, Outcome> byRequest = new(StringComparer.Ordinal);
    private readonly Queue<Outcome> byAge = new();

    public long FloorMs { get; private set; }

    public IEnumerable<Outcome> All => byRequest.Values;

    /// <summary>How large they are in a snapshot, about: one that was followed by a later one of the same request counts until it is forgotten.</summary>
    public long Bytes { get; private set; }

    public Outcome? Find(string requestId) => byRequest.GetValueOrDefault(requestId);

    public void Restore(long floorMs, IEnumerable<Outcome> outcomes)
    {
        FloorMs = floorMs;
        foreach (var outcome in outcomes.OrderBy(o => o.KeepUntilMs)) Add(outcome);
    }

    public void Add(Outcome outcome)
    {
        byRequest[outcome.RequestId] = outcome;
        byAge.Enqueue(outcome);
        Bytes += outcome.CalculateSize();
    }

    public void Advance(long rowTimeMs)
    {
        FloorMs = Math.Max(FloorMs, rowTimeMs - (Limits.OutcomeSeconds * 1000L));
        while (byAge.TryPeek(out var oldest) && oldest.KeepUntilMs < FloorMs)
        {
            Bytes -= byAge.Dequeue().CalculateSize();
            // A later outcome of the same request has its own place in the queue.
            if (byRequest.TryGetValue(oldest.RequestId, out var kept) && ReferenceEquals(kept, oldest)) byRequest.Remove(oldest.RequestId);
        }
    }
}
