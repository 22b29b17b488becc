using AkkaHa.Core.Ownership;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

/// <summary>When a first seed founds a cluster, and when it must not. The simulation has no founding: Akka does that, and real processes show it.</summary>
public sealed class FoundingTests
{
    private const string Self = "self 2";
    private readonly LeaseWatch watch = new(new LeaseTimings());
    private readonly HashSet<string> holders = [];

    [Fact]
    public void On_an_empty_database_it_founds() => Assert.Equal(FoundingVerdict.Found, After(300, At(1)));

    [Fact]
    public void Before_its_own_first_renewal_nothing_is_known() =>
        Assert.Equal(FoundingVerdict.Wait, Founding.Decide(Self, holders, watch.SeeAll(0)));

    [Fact]
    public void Nodes_that_start_at_the_same_time_hold_nothing_and_wait_for_it()
    {
        Assert.Equal(FoundingVerdict.Found, After(300, At(1), At(1, "b")));
        Assert.Equal(FoundingVerdict.Found, After(600, At(2), At(2, "b")));
    }

    [Fact]
    public void A_member_that_renews_means_a_cluster_whether_it_is_reached_or_not()
    {
        holders.Add("b");
        Assert.Equal(FoundingVerdict.Wait, After(300, At(1), At(8, "b")));
        Assert.Equal(FoundingVerdict.Join, After(600, At(2), At(9, "b")));
        Assert.Equal(["b"], Founding.Living(Self, holders, watch.SeeAll(600)!));
        // For as long as it does.
        for (var at = 900; at < 60_000; at += 300) Assert.Equal(FoundingVerdict.Join, After(at, At(at), At(at, "b")));
    }

    [Fact]
    public void A_row_that_nobody_renews_is_watched_for_a_lease_and_then_means_nothing()
    {
        holders.UnionWith(["b", "gone, and without a row"]);
        for (var at = 300; at <= 1800; at += 300) Assert.Equal(FoundingVerdict.Wait, After(at, At(at), At(8, "b")));
        Assert.Equal(FoundingVerdict.Found, After(2100, At(2100), At(8, "b")));
    }

    [Fact]
    public void A_lease_of_another_length_is_watched_for_its_own()
    {
        holders.Add("b");
        for (var at = 300; at <= 10_200; at += 300) Assert.Equal(FoundingVerdict.Wait, After(at, At(at), At(8, "b", leaseMs: 10_000)));
        Assert.Equal(FoundingVerdict.Found, After(10_500, At(10_500), At(8, "b", leaseMs: 10_000)));
    }

    [Fact]
    public void The_last_member_dies_while_it_waits_to_be_let_in()
    {
        holders.Add("b");
        After(300, At(1), At(8, "b"));
        for (var at = 600; at <= 2100; at += 300) Assert.Equal(FoundingVerdict.Join, After(at, At(at), At(9, "b")));
        Assert.Equal(FoundingVerdict.Found, After(2400, At(2400), At(9, "b")));
    }

    [Fact]
    public void A_fenced_one_is_no_member()
    {
        holders.Add("b");
        Assert.Equal(FoundingVerdict.Found, After(300, At(1), At(8, "b", fenced: true)));
    }

    [Fact]
    public void Its_own_earlier_shards_do_not_keep_it_from_founding()
    {
        holders.Add(Self);
        Assert.Equal(FoundingVerdict.Found, After(300, At(1)));
    }

    [Fact]
    public void While_the_database_does_not_answer_nothing_is_known()
    {
        holders.Add("b");
        After(300, At(1), At(8, "b"));
        After(600, At(2), At(8, "b"));
        Assert.Equal(FoundingVerdict.Wait, Founding.Decide(Self, holders, watch.SeeAll(4000)));
        // Everybody gets the whole time again.
        Assert.Equal(FoundingVerdict.Wait, After(4100, At(3), At(8, "b")));
        Assert.Equal(FoundingVerdict.Wait, After(4400, At(4), At(8, "b")));
    }

    private static NodeRow At(long counter, string node = Self, bool fenced = false, long leaseMs = LeaseTimings.DefaultLeaseMs) => new(node, counter, fenced, leaseMs);

    private FoundingVerdict After(long ms, params NodeRow[] rows)
    {
        watch.Saw(rows, ms);
        return Founding.Decide(Self, holders, watch.SeeAll(ms));
    }
}
