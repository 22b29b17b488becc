using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

/// <summary>Lease, watch and taking together: whenever a taker may take, the holder's lease is closed, on whatever clocks the two go by.</summary>
public sealed class TakeoverTests
{
    /// <summary>Any two clocks within this of the right one differ by less than one in a hundred.</summary>
    private const int MostPpm = 4900;

    /// <summary>A request: the time before it, on its way, its answer's way, and its fate: 0 never arrives, 1 arrives and the answer does not.</summary>
    private static readonly Gen<(int Gap, int There, int Back, int Fate)[]> Requests =
        Gen.Select(Gen.Frequency((4, Gen.Int[250, 350]), (1, Gen.Int[0, 2500])), Gen.Frequency((4, Gen.Int[0, 5]), (1, Gen.Int[0, 1200])), Gen.Frequency((4, Gen.Int[0, 5]), (1, Gen.Int[0, 1200])), Gen.Int[0, 9])
            .Array[2, 20];

    private static readonly Gen<int> Speed = Gen.Frequency((1, Gen.Const(-MostPpm)), (1, Gen.Const(MostPpm)), (1, Gen.Int[-MostPpm, MostPpm]));

    [Fact]
    public void Whoever_may_take_takes_from_one_that_is_closed() => Gen.Select(Requests, Requests, Speed, Speed).Sample((renewals, reads, holderPpm, takerPpm) =>
        Assert.Null(FirstOverlap(renewals, reads, holderPpm, takerPpm, new LeaseTimings())));

    [Fact]
    public void With_clocks_that_differ_by_more_it_would_not_hold() =>
        Assert.NotNull(FirstOverlap([(300, 0, 0, 9)], [.. Enumerable.Repeat((100, 0, 0, 9), 30)], -2 * MostPpm, 2 * MostPpm, new LeaseTimings()));

    [Fact]
    public void With_a_lease_that_counts_from_the_answer_it_would_not_hold()
    {
        (int, int, int, int)[] late = [(300, 0, 3000, 9)];
        Assert.Null(FirstOverlap(late, Looks, 0, 0, new LeaseTimings()));
        Assert.NotNull(FirstOverlap(late, Looks, 0, 0, new LeaseTimings(), RuleSwitches.AllOn with { LeaseFromSent = false }));
    }

    [Fact]
    public void Without_comparing_the_counter_in_the_taking_it_would_not_hold()
    {
        // It renews just after the last look, and before the taking.
        (int, int, int, int)[] again = [(300, 0, 0, 9), (1700, 0, 0, 9)];
        Assert.Null(FirstOverlap(again, Looks, 0, 0, new LeaseTimings()));
        Assert.NotNull(FirstOverlap(again, Looks, 0, 0, new LeaseTimings(), RuleSwitches.AllOn with { CounterAtTake = false }));
    }

    private static (int Gap, int There, int Back, int Fate)[] Looks => [.. Enumerable.Repeat((95, 0, 0, 9), 50)];

    /// <summary>Plays it, millisecond by millisecond, until a time at which the taker may take while the holder's lease is open.</summary>
    private static long? FirstOverlap(
        (int Gap, int There, int Back, int Fate)[] renewals, (int Gap, int There, int Back, int Fate)[] reads, int holderPpm, int takerPpm, LeaseTimings timings, RuleSwitches? rules = null)
    {
        var (lease, watch) = (new NodeLease(timings, rules), new LeaseWatch(timings));
        var row = new NodeRow("it", 1, false);
        var events = new List<(long At, Action Do)>();
        long Holder(long at) => at * (1_000_000 + holderPpm) / 1_000_000;
        long Taker(long at) => at * (1_000_000 + takerPpm) / 1_000_000;

        var now = 0L;
        foreach (var (gap, there, back, fate) in renewals)
        {
            var (sent, commits, answered) = (now + gap, now + gap + there, now + gap + there + back);
            if (fate > 0) events.Add((commits, () => row = row with { Counter = row.Counter + 1 }));
            if (fate > 1) events.Add((answered, () => lease.Renewed(Holder(sent), Holder(answered))));
            now = answered;
        }
        now = 0;
        foreach (var (gap, there, back, fate) in reads)
        {
            var (reading, answered) = (now + gap + there, now + gap + there + back);
            var seen = row;
            events.Add((reading, () => seen = row));
            events.Add((answered, fate > 1 ? () => watch.Saw([seen], Taker(answered)) : watch.Interrupted));
            now = answered;
        }

        var next = new Queue<(long At, Action Do)>(events.OrderBy(e => e.At));
        for (var at = 0L; at < now + 4000; at++)
        {
            while (next.TryPeek(out var due) && due.At <= at) next.Dequeue().Do();
            var verdict = Taking.Decide(rules ?? RuleSwitches.AllOn, new NodeRow("me", 1, false), "it", row, watch.ExpiredAt("it", Taker(at)));
            if (verdict != TakeVerdict.Held && lease.IsOpen(Holder(at))) return at;
        }
        return null;
    }
}
