using AkkaHa.Core.Ownership;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

/// <summary>What is enough to fence and down a member, and what is not.</summary>
public sealed class EvidenceTests
{
    private const long Counter = 7;
    private static readonly LeaseTimings Timings = new(LeaseMs: 1500, WithoutLeaseMs: 5000);

    [Theory]
    // A crash is sure, whatever the lease; but nobody dies of a refused connection alone, nor of silence alone.
    [InlineData(true, 2, 0L, EvidenceKind.Crashed, null)]
    [InlineData(true, 2, null, EvidenceKind.Crashed, null)]
    [InlineData(true, 2, 9000L, EvidenceKind.Crashed, null)]
    [InlineData(true, 1, 0L, EvidenceKind.None, null)]
    [InlineData(false, 9, 0L, EvidenceKind.None, null)]
    [InlineData(true, 0, 0L, EvidenceKind.None, null)]
    [InlineData(true, 0, null, EvidenceKind.None, null)]
    // A lease that has run out is evidence against who is unreachable, from the end of the watch on.
    [InlineData(true, 0, 1515L, EvidenceKind.None, null)]
    [InlineData(true, 0, 1516L, EvidenceKind.LeaseExpired, Counter)]
    [InlineData(true, 1, 1516L, EvidenceKind.LeaseExpired, Counter)]
    [InlineData(false, 0, 1516L, EvidenceKind.None, null)]
    // Who is reached has 5 s more.
    [InlineData(false, 0, 5001L, EvidenceKind.None, null)]
    [InlineData(false, 0, 6515L, EvidenceKind.None, null)]
    [InlineData(false, 0, 6516L, EvidenceKind.WithoutDatabase, Counter)]
    [InlineData(false, 0, null, EvidenceKind.None, null)]
    public void Of_a_member_with_a_row(bool unreachable, int refusals, long? unchangedMs, EvidenceKind kind, long? atCounter) =>
        Assert.Equal(new EvidenceVerdict(kind, atCounter), Evidence.Judge(Timings, unreachable, refusals, Seen(unchangedMs)));

    [Theory]
    [InlineData(true, 0, 0L, EvidenceKind.Fenced)]
    [InlineData(true, 2, 0L, EvidenceKind.Fenced)]
    // It may not know yet, and ends by itself when it does.
    [InlineData(false, 0, 0L, EvidenceKind.None)]
    [InlineData(false, 0, 6515L, EvidenceKind.None)]
    [InlineData(false, 0, 6516L, EvidenceKind.Fenced)]
    public void Of_a_member_that_is_fenced_already(bool unreachable, int refusals, long? unchangedMs, EvidenceKind kind) =>
        Assert.Equal(new EvidenceVerdict(kind, null), Evidence.Judge(Timings, unreachable, refusals, Seen(unchangedMs, fenced: true)));

    [Theory]
    [InlineData(true, 2, EvidenceKind.Crashed)]
    [InlineData(true, 1, EvidenceKind.None)]
    [InlineData(false, 0, EvidenceKind.None)]
    public void Of_a_member_of_whose_lease_nothing_is_known(bool unreachable, int refusals, EvidenceKind kind) =>
        Assert.Equal(new EvidenceVerdict(kind, null), Evidence.Judge(Timings, unreachable, refusals, null));

    [Theory]
    [InlineData(10_100, EvidenceKind.None)]
    [InlineData(15_100, EvidenceKind.None)]
    [InlineData(15_101, EvidenceKind.WithoutDatabase)]
    public void A_longer_lease_of_the_member_s_own_is_waited_out_before_it_is_without_one(long unchangedMs, EvidenceKind kind) =>
        Assert.Equal(kind, Evidence.Judge(Timings, unreachable: false, 0, Seen(unchangedMs, leaseMs: 10_000)).Kind);

    private static LeaseSight Seen(long? unchangedMs, bool fenced = false, long leaseMs = 1500) => new(new NodeRow("it", Counter, fenced, leaseMs), unchangedMs, Renews: true);
}
