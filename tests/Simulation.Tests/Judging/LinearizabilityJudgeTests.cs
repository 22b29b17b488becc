using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class LinearizabilityJudgeTests
{
    private static KeyCall Put(long from, long to, string value, long? revision, long? ifRevision = null) =>
        new("k", KeyAction.Put, KeyEnd.Done, from, to) { Value = value, Revision = revision, IfRevision = ifRevision };

    private static KeyCall Get(long from, long to, string? seen, long revision) => new("k", KeyAction.Get, KeyEnd.Done, from, to) { Seen = seen, Revision = revision };

    private static KeyCall Perhaps(long from, string value, long givenUp = 0, long? ifRevision = null) =>
        new("k", KeyAction.Put, KeyEnd.Unknown, from, Time.Never) { Value = value, GivenUpAt = givenUp, IfRevision = ifRevision };

    private static bool IsGood(params KeyCall[] history) => !LinearizabilityJudge.Judge(history).Any();

    [Fact]
    public void A_history_one_after_the_other_is_good() => Assert.True(IsGood(Put(0, 1, "a", 1), Get(2, 3, "a", 1), Put(4, 5, "b", 2), Get(6, 7, "b", 2)));

    [Fact]
    public void Calls_at_the_same_time_may_be_in_any_order() => Assert.True(IsGood(Put(0, 10, "a", 2), Put(0, 10, "b", 1), Get(5, 6, null, 0), Get(20, 21, "a", 2)));

    [Fact]
    public void A_stale_read_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), Put(2, 3, "b", 2), Get(4, 5, "a", 1)));

    [Fact]
    public void A_read_that_goes_back_is_bad() => Assert.False(IsGood(Put(0, 100, "a", 1), Get(10, 20, "a", 1), Get(30, 40, null, 0)));

    [Fact]
    public void A_lost_acknowledged_write_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), Get(2, 3, null, 0)));

    [Fact]
    public void A_write_that_was_done_twice_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), Get(2, 3, "a", 2)));

    [Fact]
    public void A_compare_that_succeeds_at_another_revision_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), Put(2, 3, "b", 2, ifRevision: 0)));

    [Fact]
    public void A_compare_that_is_refused_at_its_own_revision_is_bad() =>
        Assert.False(IsGood(Put(0, 1, "a", 1), new KeyCall("k", KeyAction.Put, KeyEnd.Refused, 2, 3) { Value = "b", IfRevision = 1, Revision = 1 }));

    [Fact]
    public void Deleting_what_is_there_without_finding_it_is_bad() =>
        Assert.False(IsGood(Put(0, 1, "a", 1), new KeyCall("k", KeyAction.Delete, KeyEnd.Done, 2, 3) { Revision = 1, Deleted = false }));

    private static KeyCall Refused(long from, long to, long ifRevision, long revision) => new("k", KeyAction.Put, KeyEnd.Refused, from, to) { Value = $"refused {from} {ifRevision}", IfRevision = ifRevision, Revision = revision };

    /// <summary>As when all of them have waited for the database.</summary>
    [Fact]
    public void Very_many_calls_at_the_same_time_are_decided()
    {
        var order = new Random(5);
        KeyCall[] calls =
        [
            .. Enumerable.Range(1, 40).Select(n => Put(0, 100, $"{n}", n)), .. Enumerable.Range(1, 40).Select(n => Get(0, 100, $"{n}", n)),
            .. Enumerable.Range(1, 40).Select(n => Refused(0, 100, 0, n)), .. Enumerable.Range(1, 20).Select(n => Refused(n, 100 - n, 50, 2 * n)),
        ];
        order.Shuffle(calls);
        Assert.Empty(LinearizabilityJudge.Judge(calls));
        Assert.Equal("linearizability", Assert.Single(LinearizabilityJudge.Judge([.. calls, Get(110, 111, "40", 40), Refused(120, 121, 50, 39)])).Promise);
    }

    private static KeyCall End(long from, string value) => new("k", KeyAction.Expire, KeyEnd.Unknown, from, Time.Never) { Value = value };

    [Fact]
    public void What_may_end_by_itself_is_there_or_gone_from_then_on_and_takes_a_revision() =>
        Assert.True(IsGood(Put(0, 1, "a", 1), End(10, "a"), Get(20, 21, "a", 1), Get(30, 31, null, 0), Put(32, 33, "b", 3)));

    [Fact]
    public void What_has_ended_and_is_there_again_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), End(10, "a"), Get(20, 21, null, 0), Get(30, 31, "a", 1)));

    [Fact]
    public void What_ends_before_its_time_is_bad() => Assert.False(IsGood(Put(0, 1, "a", 1), End(10, "a"), Get(5, 9, null, 0)));

    [Fact]
    public void Only_the_value_that_was_put_so_ends() => Assert.False(IsGood(Put(0, 1, "a", 1), End(10, "a"), Put(2, 3, "b", 2), Get(20, 21, null, 0)));

    [Fact]
    public void An_unknown_write_may_have_been_done_and_have_ended() => Assert.True(IsGood(Put(0, 1, "a", 1), Perhaps(2, "b"), End(10, "b"), Get(20, 21, null, 0), Put(22, 23, "c", 4)));

    [Fact]
    public void Many_unknown_writes_that_nobody_saw_are_decided()
    {
        KeyCall[] unknown = [.. Enumerable.Range(0, 30).Select(i => Perhaps(i, $"u{i}", givenUp: 100 + i))];
        KeyCall[] seen = [.. Enumerable.Range(1, 10).Select(i => Put(1000 + (10 * i), 1001 + (10 * i), $"s{i}", 3 * i))];
        Assert.True(IsGood([.. unknown, .. seen, Get(2000, 2001, "s10", 30)]));
        var bad = LinearizabilityJudge.Judge([.. unknown, .. seen, Get(2000, 2001, "s9", 31)]).ToArray();
        Assert.Equal("linearizability", Assert.Single(bad).Promise);
    }

    [Fact]
    public void Of_unknown_writes_that_nobody_saw_the_first_to_be_over_is_taken_first()
    {
        // Both were asked for before; only one is still possible when the second revision is made.
        KeyCall[] history = [Perhaps(0, "late", givenUp: 5000), Perhaps(1, "early", givenUp: 2), Put(10, 11, "a", 2), Get(900, 901, "a", 2), Put(1000, 1001, "b", 4), Get(1002, 1003, "b", 4)];
        Assert.Empty(LinearizabilityJudge.Judge(history, lateEffectGrace: 100));
        Assert.NotEmpty(LinearizabilityJudge.Judge([.. history, Put(1010, 1011, "c", 6)], lateEffectGrace: 100));
    }

    [Fact]
    public void The_revision_goes_on_after_a_delete()
    {
        var delete = new KeyCall("k", KeyAction.Delete, KeyEnd.Done, 2, 3) { Revision = 2, Deleted = true };
        Assert.True(IsGood(Put(0, 1, "a", 1), delete, Put(4, 5, "b", 3, ifRevision: 0)));
        Assert.False(IsGood(Put(0, 1, "a", 1), delete, Put(4, 5, "b", 1, ifRevision: 0)));
    }

    [Fact]
    public void An_unknown_write_may_be_done_at_any_time_or_never()
    {
        Assert.True(IsGood(Perhaps(0, "a"), Get(10, 11, null, 0)));
        Assert.True(IsGood(Perhaps(0, "a"), Get(10, 11, null, 0), Get(20, 21, "a", 1)));
    }

    [Fact]
    public void An_unknown_write_is_not_done_twice() => Assert.False(IsGood(Perhaps(0, "a"), Get(10, 11, "a", 1), Put(12, 13, "b", 2), Get(14, 15, "a", 3)));

    [Fact]
    public void A_write_that_comes_long_after_an_owner_has_answered_is_bad()
    {
        KeyCall[] history = [Put(0, 1, "a", 1), Perhaps(2, "b", givenUp: 3), Get(50, 51, "a", 1), Get(60, 61, "b", 2)];
        Assert.Empty(LinearizabilityJudge.Judge(history));
        Assert.NotEmpty(LinearizabilityJudge.Judge(history, lateEffectGrace: 20));
        Assert.Empty(LinearizabilityJudge.Judge(history, lateEffectGrace: 55));
    }

    [Fact]
    public void Keys_are_judged_each_by_itself()
    {
        var violation = Assert.Single(LinearizabilityJudge.Judge([Put(0, 1, "a", 1), Get(2, 3, "a", 1) with { Key = "other" }]));
        Assert.Contains("other", violation.Evidence);
    }

    [Fact]
    public void Many_unknown_writes_are_judged_in_reasonable_time()
    {
        var history = Enumerable.Range(0, 60).Select(i => Perhaps(i, $"u{i}")).Append(Put(100, 101, "z", null)).Append(Get(102, 103, "z", 1)).ToArray();
        Assert.True(IsGood(history));
    }

    [Fact]
    public void A_long_history_with_unknown_writes_and_one_stale_read_is_judged_in_reasonable_time()
    {
        // Eight at once on one key, every tenth write unknown, half of these done.
        var history = new List<KeyCall>();
        long revision = 0;
        var value = "";
        for (var i = 0; i < 1500; i++)
        {
            var at = 10L * i;
            if (i % 10 == 9 && i % 20 == 9) history.Add(Perhaps(at, $"n{i}"));
            else if (i % 10 == 9) history.Add(Perhaps(at, value = $"u{i}") with { GivenUpAt = ++revision });
            else if (i % 3 == 0) history.Add(Put(at - 30, at + 30, value = $"v{i}", ++revision));
            else history.Add(Get(at - 30, at + 30, value, revision));
        }
        Assert.True(IsGood([.. history]));
        var late = history.FindIndex(1000, c => c.Action == KeyAction.Get);
        history[late] = history[late] with { Seen = history.First(c => c.Revision == 100).Value ?? history.First(c => c.Revision == 100).Seen, Revision = 100 };
        Assert.False(IsGood([.. history]));
    }
}
