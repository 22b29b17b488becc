using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Who has an older one in its way waits a little before it dies: most that hold something are done with it in less time than it takes to begin again. It may be part of a circle meanwhile, which ends with its time.
/// In memory only.
/// </summary>
internal sealed class ShortWaits(RuleSwitches rules)
{
    /// <summary>So long, from when the older one was met.</summary>
    public const long AtMostMs = 50;

    private readonly Dictionary<string, (uint Attempt, long UntilMs)> until = new(StringComparer.Ordinal);

    public long? WakeAtMs => until.Count == 0 ? null : until.Values.Min(u => u.UntilMs);

    /// <summary>Whether it may go on waiting.</summary>
    public bool MayWait(Prepare prepare, Turn turn)
    {
        if (!rules.ShortWaits) return false;
        if (!until.TryGetValue(prepare.TransactionId, out var mine) || mine.Attempt != prepare.Attempt) until[prepare.TransactionId] = mine = (prepare.Attempt, turn.At.MonoMs + AtMostMs);
        return mine.UntilMs > turn.At.MonoMs;
    }

    /// <summary>It waits no more, or for younger ones alone.</summary>
    public void End(string transactionId) => until.Remove(transactionId);

    /// <summary>Those whose time is over.</summary>
    public IReadOnlyList<string> TakeDue(long nowMs)
    {
        if (until.Count == 0) return [];
        string[] due = [.. until.Where(u => u.Value.UntilMs <= nowMs).Select(u => u.Key)];
        foreach (var one in due) until.Remove(one);
        return due;
    }
}
