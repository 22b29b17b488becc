namespace AkkaHa.Judge.Totals;

/// <summary>A read of all accounts in one transaction.</summary>
public sealed record Balance(string Reader, long At, IReadOnlyList<long> Accounts);

/// <summary>A counter, what was acknowledged and what is not known.</summary>
public sealed record CounterTotal(string Key, long Value, long Acknowledged, long Unknown);

/// <summary>Money moved from one account to another.</summary>
/// <param name="Id">Which transfer.</param>
/// <param name="From">The account that it leaves.</param>
/// <param name="To">The account that gets it.</param>
/// <param name="Amount">How much.</param>
/// <param name="Done">Whether it was done; null: not known.</param>
public sealed record Transfer(string Id, int From, int To, long Amount, bool? Done);

/// <summary>Sums that must come out right.</summary>
public static class TotalJudge
{
    /// <summary>Money is neither made nor lost, and nobody sees a transfer half done.</summary>
    public static IEnumerable<Violation> Money(long total, IEnumerable<Balance> reads)
    {
        foreach (var read in reads)
            if (read.Accounts.Sum() != total)
                yield return new Violation("money is conserved", $"{read.Reader} saw [{string.Join(' ', read.Accounts)}] at {read.At}: {read.Accounts.Sum()} and not {total}");
    }

    /// <summary>Each account holds what it began with, and what was moved to and from it; what is not known may be in or not.</summary>
    /// <param name="start">In every account at the beginning.</param>
    /// <param name="transfers">All that were tried.</param>
    /// <param name="end">The accounts at the end.</param>
    public static IEnumerable<Violation> Ledger(long start, IEnumerable<Transfer> transfers, IReadOnlyList<long> end)
    {
        var (least, most) = (Enumerable.Repeat(start, end.Count).ToArray(), Enumerable.Repeat(start, end.Count).ToArray());
        foreach (var transfer in transfers.Where(t => t.Done != false))
        {
            least[transfer.From] -= transfer.Amount;
            most[transfer.To] += transfer.Amount;
            if (transfer.Done is null) continue;
            most[transfer.From] -= transfer.Amount;
            least[transfer.To] += transfer.Amount;
        }
        for (var i = 0; i < end.Count; i++)
        {
            var expected = least[i] == most[i] ? $"{least[i]}" : $"{least[i]} to {most[i]}";
            if (end[i] < least[i] || end[i] > most[i])
                yield return new Violation("money is where it was sent", $"account {i} holds {end[i]}; by the transfers that were acknowledged it is {expected}");
        }
    }

    /// <summary>Acknowledged ≤ value ≤ acknowledged + unknown.</summary>
    public static IEnumerable<Violation> Counters(IEnumerable<CounterTotal> counters)
    {
        foreach (var counter in counters)
        {
            if (counter.Value < counter.Acknowledged)
                yield return new Violation("nothing acknowledged is lost", $"counter '{counter.Key}' is at {counter.Value}, but {counter.Acknowledged} were acknowledged");
            if (counter.Value > counter.Acknowledged + counter.Unknown)
                yield return new Violation("exactly once", $"counter '{counter.Key}' is at {counter.Value}, but only {counter.Acknowledged} were acknowledged and {counter.Unknown} are unknown");
        }
    }
}
