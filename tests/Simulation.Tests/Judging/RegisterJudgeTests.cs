using AkkaHa.Judge;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Registers;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

/// <summary>One bad history for each anomaly, which must be called by its name.</summary>
public sealed class RegisterJudgeTests
{
    private static RegisterStep Read(string key, string? seen, long revision) => new(key, null, seen, revision);

    private static RegisterStep Write(string key, string value, long? revision) => new(key, value, null, revision);

    private static RegisterTransaction Done(string id, long from, long to, params RegisterStep[] steps) => new(id, ListEnd.Committed, from, to, steps);

    private static void IsGood(params RegisterTransaction[] history) => Assert.Empty(RegisterJudge.Judge(history));

    private static void Breaks(string promise, params RegisterTransaction[] history) => Assert.Contains(RegisterJudge.Judge(history), v => v.Promise == promise);

    private static void Is(string anomaly, params RegisterTransaction[] history)
    {
        var violation = Assert.Single(RegisterJudge.Judge(history));
        Assert.Equal("strict serializability", violation.Promise);
        Assert.StartsWith(anomaly, violation.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_before_writes_one_after_the_other_are_good() => IsGood(
        Done("a", 0, 9, Read("x", null, 0), Write("x", "1", 1), Write("y", "2", 1)),
        Done("b", 5, 12, Read("x", "1", 1), Write("x", "3", 2)),
        new RegisterTransaction("lost", ListEnd.Unknown, 1, Time.Never, [Write("y", "never", null)]),
        new RegisterTransaction("seen", ListEnd.Unknown, 1, Time.Never, [Write("z", "late", null)]),
        new RegisterTransaction("aborted", ListEnd.Aborted, 1, 2, [Write("x", "nothing", null)]),
        Done("c", 13, 14, Read("x", "3", 2), Read("y", "2", 1), Read("z", "late", 1)));

    /// <summary>Committed by what a resolve said, or by what others saw of it: then all of it was done.</summary>
    [Theory]
    [InlineData(ListEnd.Committed, 1)]
    [InlineData(ListEnd.Unknown, Time.Never)]
    public void A_part_of_a_transaction_that_never_shows_is_lost(ListEnd end, long at)
    {
        var torn = new RegisterTransaction("torn", end, 0, at, [Write("x", "1", null), Write("y", "2", null)]);
        Breaks("no write is lost", torn, Done("a", 2, 3, Read("x", "1", 1)), Done("b", 4, 5, Read("y", null, 0)));
        Breaks("no write is lost", torn, Done("a", 2, 3, Read("x", "1", 1)), Done("b", 4, 5, Write("y", "3", 1)));
        Breaks("no write is lost", torn, Done("a", 2, 3, Read("x", "1", 1)), Done("b", 4, 5, Write("y", "3", 1)), Done("c", 6, 7, Read("y", "3", 1)));
        // There is room for it below what was found; or it was not certain yet.
        IsGood(torn, Done("a", 2, 3, Read("x", "1", 1)), Done("b", 4, 5, Write("y", "3", 2)));
        IsGood(torn with { End = ListEnd.Unknown, CompletedAt = Time.Never }, Done("b", 0, 3, Read("y", null, 0)), Done("a", 2, 3, Read("x", "1", 1)));
        IsGood(torn with { End = ListEnd.Unknown, CompletedAt = Time.Never }, Done("b", 4, 5, Write("y", "3", 1)));
    }

    [Fact]
    public void A_read_of_what_was_aborted_is_dirty() =>
        Breaks("dirty read (G1a)", new RegisterTransaction("a", ListEnd.Aborted, 0, 1, [Write("x", "1", null)]), Done("b", 2, 3, Read("x", "1", 1)));

    [Fact]
    public void A_read_of_the_middle_of_a_transaction_is_dirty() =>
        Breaks("dirty read (G1b)", Done("a", 0, 9, Write("x", "1", 1), Write("x", "2", 1)), Done("b", 0, 9, Read("x", "1", 1)));

    [Fact]
    public void Writes_in_opposite_orders_are_dirty() =>
        Is("dirty write (G0)", Done("a", 0, 9, Write("x", "1", 1), Write("y", "2", 2)), Done("b", 0, 9, Write("x", "3", 2), Write("y", "4", 1)));

    [Fact]
    public void Reading_each_other_is_circular() =>
        Is("circular information flow (G1c)", Done("a", 0, 9, Write("x", "1", 1), Read("y", "2", 1)), Done("b", 0, 9, Write("y", "2", 1), Read("x", "1", 1)));

    [Fact]
    public void Two_writes_over_the_same_read_lose_an_update() => Is("lost update (G-single)",
        Done("start", 0, 1, Write("x", "0", 1)), Done("a", 2, 9, Read("x", "0", 1), Write("x", "1", 2)), Done("b", 2, 9, Read("x", "0", 1), Write("x", "2", 3)));

    [Fact]
    public void A_torn_read_is_read_skew() =>
        Is("read skew (G-single)", Done("a", 0, 9, Write("x", "1", 1), Write("y", "2", 1)), Done("b", 0, 9, Read("x", "1", 1), Read("y", null, 0)));

    [Fact]
    public void Writes_that_each_rest_on_what_the_other_writes_are_write_skew() =>
        Is("write skew (G2)", Done("a", 0, 9, Read("x", null, 0), Write("y", "1", 1)), Done("b", 0, 9, Read("y", null, 0), Write("x", "2", 1)));

    [Fact]
    public void Two_readers_who_see_two_writes_in_opposite_orders_are_a_long_fork() => Is("long fork (G2)",
        Done("a", 0, 9, Write("x", "1", 1)), Done("b", 0, 9, Write("y", "2", 1)),
        Done("c", 0, 9, Read("x", "1", 1), Read("y", null, 0)), Done("d", 0, 9, Read("x", null, 0), Read("y", "2", 1)));

    [Fact]
    public void A_stale_read_is_serializable_and_breaks_real_time() => Is("real-time violation", Done("a", 0, 1, Write("x", "1", 1)), Done("b", 2, 3, Read("x", null, 0)));

    [Fact]
    public void An_unknown_write_that_was_seen_does_not_come_before_it_was_asked_for() =>
        Is("real-time violation", new RegisterTransaction("a", ListEnd.Unknown, 10, Time.Never, [Write("x", "1", null)]), Done("b", 0, 5, Read("x", "1", 1)));

    [Fact]
    public void One_revision_is_one_value() =>
        Breaks("one order of versions", Done("a", 0, 1, Write("x", "1", 1)), Done("b", 2, 3, Write("x", "2", 1)));

    [Fact]
    public void A_value_that_nobody_wrote_is_no_value() => Breaks("no value out of nowhere", Done("a", 0, 1, Read("x", "1", 1)));

    [Fact]
    public void A_transaction_sees_what_it_wrote() => Breaks("a transaction sees itself", Done("a", 0, 1, Write("x", "1", 1), Read("x", null, 0)));

    [Fact]
    public void A_cycle_is_told_step_by_step() => Assert.Equal(
        """
        VIOLATION of 'strict serializability': lost update (G-single)
          b before the next: it read 'x' before the next wrote '1'
          a before the next: it wrote '1' to 'x', and the next '2' over it
          back at b
        """, Assert.Single(RegisterJudge.Judge([Done("a", 0, 9, Read("x", null, 0), Write("x", "1", 1)), Done("b", 0, 9, Read("x", null, 0), Write("x", "2", 2))])).ToString(), ignoreLineEndingDifferences: true);
}
