using AkkaHa.Messages.Placement;

namespace AkkaHa.Core.Transactions;

/// <summary>How long a transaction that died waits before its next attempt: 4 ms, doubled with each death up to 256 ms, and a spread of as much again by id.</summary>
internal static class Backoff
{
    public static long Ms(string transactionId, uint attempt)
    {
        var step = 4L << (int)Math.Min(attempt - 1, 6);
        return step + (long)(StableHash.Of($"{transactionId}/{attempt}") % (ulong)step);
    }
}
