namespace AkkaHa.Judge.Totals;

/// <summary>A read of all accounts in one transaction.</summary>
public sealed record Balance(string Reader, long At, IReadOnlyList<long> Accounts);

/// <summary>A counter, what was acknowledged and what is not known.</summary>
public sealed record CounterTotal(string Key, long Value, long Acknowledged, long Unknown);

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
