namespace AkkaHa.Messages;

/// <summary>When a transaction's id was issued, for ids that say so.</summary>
public static class TransactionIdTime
{
    /// <summary>What ids of guarded writes begin with; the request id follows. Users' own must not begin so.</summary>
    public const string GuardedPrefix = "guarded:";

    /// <summary>The issue time in Unix milliseconds of a uuid of version 7, also that of a guarded write; null when the id has another form.</summary>
    public static long? IssuedAtMs(string transactionId) =>
        RequestIdTime.IssuedAtMs(transactionId.StartsWith(GuardedPrefix, StringComparison.Ordinal) ? transactionId[GuardedPrefix.Length..] : transactionId);
}
