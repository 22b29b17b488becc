using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Transactions;

/// <summary>What this activation does about one transaction that is not settled. In memory only.</summary>
internal sealed class Drive
{
    /// <summary>Set when this activation wrote the last Started: then it may answer on votes alone, or abort on a timeout.</summary>
    public TransactionPlan? Mine { get; set; }

    /// <summary>When the transaction gives up; only for <see cref="Mine"/>.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>Set between a death and the next Prepare.</summary>
    public long? PrepareAtMs { get; set; }

    /// <summary>When to send again to those who have not answered.</summary>
    public long SendAgainAtMs { get; set; }

    /// <summary>Votes for the present attempt, by participant.</summary>
    public Dictionary<string, Vote> Votes { get; } = new(StringComparer.Ordinal);

    /// <summary>Participants that have made the decision durable.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Clients that wait for the outcome.</summary>
    public List<Call> Calls { get; } = [];

    public long WakeAtMs(bool decided) => Math.Min(PrepareAtMs ?? SendAgainAtMs, Mine is null || decided ? long.MaxValue : DeadlineMs);
}
