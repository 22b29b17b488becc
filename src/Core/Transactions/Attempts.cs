using AkkaHa.Core.Entities;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// How an attempt is prepared. The first two everywhere at once, which is the quickest where few want the same; those after them at one participant after the other, in the order of their ids, each when the
/// one before has voted yes (Havender, 1968). Those can't wait for each other in a circle, so they may wait for each other long: where many want the same few keys, they stand in line instead of dying again and again.
/// </summary>
internal static class Attempts
{
    private const uint AtOnce = 2;

    /// <summary>Whether it goes from one participant to the next.</summary>
    public static bool IsInOrder(uint attempt, RuleSwitches rules) => attempt > AtOnce && rules.LaterAttemptsInOrder;

    /// <summary>The order of participants: the same for all transactions, whoever coordinates them.</summary>
    public static IEnumerable<string> InOrder(IEnumerable<string> participants) => participants.Order(StringComparer.Ordinal);
}
