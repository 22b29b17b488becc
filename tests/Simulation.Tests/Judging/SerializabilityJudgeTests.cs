using AkkaHa.Judge;
using AkkaHa.Judge.Lists;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class SerializabilityJudgeTests
{
    private static ListStep Append(string key, string element, params string[] before) => new(key, element, [.. before, element]);

    private static ListStep Read(string key, params string[] seen) => new(key, null, seen);

    private static ListTransaction Done(string id, long from, long to, params ListStep[] steps) => new(id, ListEnd.Committed, from, to, steps);

    private static void IsGood(params ListTransaction[] history) => Assert.Empty(SerializabilityJudge.Judge(history));

    private static void Breaks(string promise, params ListTransaction[] history) => Assert.Contains(SerializabilityJudge.Judge(history), v => v.Promise == promise);

    [Fact]
    public void One_after_the_other_is_good() =>
        IsGood(Done("a", 0, 1, Append("x", "1")), Done("b", 2, 3, Append("x", "2", "1"), Append("y", "3")), Done("c", 4, 5, Read("x", "1", "2"), Read("y", "3")));

    [Fact]
    public void A_stale_read_breaks_strict_serializability() =>
        Breaks("strict serializability", Done("a", 0, 1, Append("x", "1")), Done("b", 2, 3, Read("x")));

    [Fact]
    public void A_stale_read_at_the_same_time_is_good() => IsGood(Done("a", 0, 5, Append("x", "1")), Done("b", 2, 3, Read("x")));

    [Fact]
    public void Write_skew_is_a_cycle() =>
        Breaks("strict serializability", Done("a", 0, 5, Read("x"), Append("y", "1")), Done("b", 0, 5, Read("y"), Append("x", "2")));

    [Fact]
    public void A_torn_read_is_a_cycle() =>
        Breaks("strict serializability", Done("a", 0, 9, Append("x", "1"), Append("y", "2")), Done("b", 0, 9, Read("x", "1"), Read("y")));

    [Fact]
    public void A_long_fork_is_a_cycle() => Breaks("strict serializability",
        Done("a", 0, 9, Append("x", "1")), Done("b", 0, 9, Append("y", "2")), Done("c", 0, 9, Read("x", "1"), Read("y")), Done("d", 0, 9, Read("x"), Read("y", "2")));

    [Theory]
    [InlineData("write skew (G2)", "r x -, a y 1", "r y -, a x 2")]
    [InlineData("read skew (G-single)", "a x 1, a y 2", "r x 1, r y -")]
    [InlineData("long fork (G2)", "a x 1", "a y 2", "r x 1, r y -", "r x -, r y 2")]
    [InlineData("circular information flow (G1c)", "a x 1, r y 2", "a y 2, r x 1")]
    public void A_contradiction_is_called_by_its_name(string name, params string[] transactions)
    {
        var history = transactions.Select((t, i) => Done($"t{i}", 0, 9, [.. t.Split(", ").Select(s => s.Split(' ')).Select(s => s[0] == "a" ? Append(s[1], s[2]) : Read(s[1], s[2] == "-" ? [] : [s[2]]))])).ToArray();
        Assert.StartsWith(name, Assert.Single(SerializabilityJudge.Judge(history)).Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_differ_in_their_order_are_bad() =>
        Breaks("one order of versions", Done("a", 0, 9, Append("x", "1")), Done("b", 0, 9, Append("x", "2", "1")), Done("c", 0, 9, Read("x", "2")));

    [Fact]
    public void A_lost_append_is_bad() => Breaks("strict serializability", Done("a", 0, 1, Append("x", "1")), Done("b", 2, 3, Append("x", "2", "1")), Done("c", 4, 5, Read("x", "1")));

    [Fact]
    public void An_append_done_twice_is_bad() => Breaks("exactly once", Done("a", 0, 1, Append("x", "1")), Done("b", 2, 3, Read("x", "1", "1")));

    [Fact]
    public void What_was_aborted_is_not_there() =>
        Breaks("aborted is nothing done", new ListTransaction("a", ListEnd.Aborted, 0, 1, [new ListStep("x", "1", null)]), Done("b", 2, 3, Read("x", "1")));

    [Fact]
    public void What_nobody_wrote_is_not_there() => Breaks("no value out of nowhere", Done("b", 2, 3, Read("x", "1")));

    [Fact]
    public void Nobody_sees_the_middle_of_a_transaction() =>
        Breaks("nobody sees the middle of a transaction", Done("a", 0, 9, Append("x", "1"), Append("x", "2", "1")), Done("b", 0, 9, Read("x", "1")));

    [Fact]
    public void A_transaction_sees_its_own_appends() => Breaks("a transaction sees itself", Done("a", 0, 9, Append("x", "1"), Read("x")));

    [Fact]
    public void Half_of_a_transaction_is_bad() => Breaks("all or nothing",
        new ListTransaction("a", ListEnd.Unknown, 0, Time.Never, [new ListStep("x", "1", null), new ListStep("x", "2", null)]), Done("b", 5, 9, Append("x", "3", "1")));

    [Fact]
    public void An_unknown_transaction_may_be_there_or_not()
    {
        var unknown = new ListTransaction("a", ListEnd.Unknown, 0, Time.Never, [new ListStep("x", "1", null)]);
        IsGood(unknown, Done("b", 5, 9, Read("x")));
        IsGood(unknown, Done("b", 5, 9, Read("x")), Done("c", 10, 11, Read("x", "1")));
    }

    [Fact]
    public void An_unknown_transaction_is_not_done_before_it_was_asked_for() => Breaks("strict serializability",
        new ListTransaction("a", ListEnd.Unknown, 10, Time.Never, [new ListStep("x", "1", null)]), Done("b", 0, 5, Read("x", "1")));

    [Fact]
    public void An_unknown_transaction_that_was_seen_in_one_list_is_in_all_of_them() => Breaks("strict serializability",
        new ListTransaction("a", ListEnd.Unknown, 0, Time.Never, [new ListStep("x", "1", null), new ListStep("y", "2", null)]),
        Done("b", 5, 6, Read("x", "1")), Done("c", 7, 8, Read("y")), Done("d", 9, 10, Read("y", "2")));

    [Fact]
    public void What_was_committed_but_not_answered_to_its_client_is_there_for_later_readers()
    {
        // As one learns it by asking afterwards what became of it.
        var resolved = new ListTransaction("a", ListEnd.Committed, 0, 10, [new ListStep("x", "1", null)]);
        IsGood(resolved, Done("b", 5, 20, Read("x")));
        IsGood(resolved, Done("b", 15, 20, Read("x", "1")));
        Breaks("nothing acknowledged is lost", resolved, Done("b", 15, 20, Read("x")));
    }

    [Fact]
    public void Parts_that_share_no_list_are_judged_each_by_itself()
    {
        ListTransaction[] good = [Done("a", 0, 1, Append("x", "1")), Done("b", 2, 3, Read("x", "1"))];
        Breaks("strict serializability", [.. good, Done("c", 0, 1, Append("y", "1")), Done("d", 2, 3, Read("y"))]);
        // Joined by one transaction, they are one part.
        Breaks("strict serializability", Done("a", 0, 1, Append("x", "1")), Done("b", 0, 9, Read("x"), Append("y", "2")), Done("c", 2, 3, Read("y")));
    }

    [Fact]
    public void A_contradiction_that_only_real_time_shows_is_found_over_many_transactions_between()
    {
        var between = Enumerable.Range(0, 500).Select(i => Done($"m{i}", 10 + (10 * i), 15 + (10 * i), Append("x", $"e{i}", [.. Enumerable.Range(0, i).Select(j => $"e{j}")])));
        Breaks("strict serializability", [Done("first", 0, 1, Append("y", "1")), .. between, Done("last", 9000, 9001, Read("y"), Read("x", [.. Enumerable.Range(0, 500).Select(j => $"e{j}")]))]);
    }
}
