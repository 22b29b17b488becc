using AkkaHa.Judge;
using AkkaHa.Judge.Export;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Registers;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class JepsenHistoryTests
{
    private static readonly ListTransaction[] History =
    [
        new("a", ListEnd.Committed, 0, 10, [new ListStep("x", "one", ["one"]), new ListStep("y", null, [])]),
        new("b", ListEnd.Committed, 10, 20, [new ListStep("x", null, ["one"])]),
        new("c", ListEnd.Aborted, 21, 22, [new ListStep("y", "two", null)]),
        new("d", ListEnd.Unknown, 23, Time.Never, [new ListStep("y", "three", null), new ListStep("x", null, null)]),
        new("e", ListEnd.Committed, 24, 30, [new ListStep("y", "four", null), new ListStep("x", null, null)]),
    ];

    [Fact]
    public void A_history_of_lists_reads_as_Elle_reads_it() => Assert.Equal(
    [
        "{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append 1 1] [:r 2 nil]], :time 0}",
        "{:index 1, :type :invoke, :process 1, :f :txn, :value [[:r 1 nil]], :time 10000}",
        "{:index 2, :type :ok, :process 0, :f :txn, :value [[:append 1 1] [:r 2 []]], :time 10000}",
        "{:index 3, :type :ok, :process 1, :f :txn, :value [[:r 1 [1]]], :time 20000}",
        "{:index 4, :type :invoke, :process 0, :f :txn, :value [[:append 2 2]], :time 21000}",
        "{:index 5, :type :fail, :process 0, :f :txn, :value [[:append 2 2]], :time 22000}",
        "{:index 6, :type :invoke, :process 1, :f :txn, :value [[:append 2 3] [:r 1 nil]], :time 23000}",
        "{:index 7, :type :invoke, :process 0, :f :txn, :value [[:append 2 4] [:r 1 nil]], :time 24000}",
        "{:index 8, :type :ok, :process 0, :f :txn, :value [[:append 2 4]], :time 30000}",
        "{:index 9, :type :info, :process 1, :f :txn, :value [[:append 2 3] [:r 1 nil]], :time 30000}",
    ], JepsenHistory.Lists(History, 1000));

    [Fact]
    public void A_history_of_registers_reads_as_Elle_reads_it() => Assert.Equal(
    [
        "{:index 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil] [:w 1 1]], :time 0}",
        "{:index 1, :type :ok, :process 0, :f :txn, :value [[:r 1 nil] [:w 1 1]], :time 5}",
        "{:index 2, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil]], :time 6}",
        "{:index 3, :type :ok, :process 0, :f :txn, :value [[:r 1 1]], :time 7}",
    ], JepsenHistory.Registers(
    [
        new RegisterTransaction("a", ListEnd.Committed, 0, 5, [new RegisterStep("k", null, null, 0), new RegisterStep("k", "v", null, 1)]),
        new RegisterTransaction("b", ListEnd.Committed, 6, 7, [new RegisterStep("k", null, "v", 1)]),
    ], 1));

    [Fact]
    public void What_is_exported_has_the_form_that_Elle_takes()
    {
        var random = new Random(7);
        var many = Enumerable.Range(0, 500).Select(i =>
        {
            var (from, end) = (random.Next(1000), (ListEnd)random.Next(3));
            return new ListTransaction($"t{i}", end, from, end == ListEnd.Unknown ? Time.Never : from + random.Next(30),
                [.. Enumerable.Range(0, random.Next(1, 4)).Select(s => new ListStep($"k{random.Next(3)}", s == 0 ? $"e{i}" : null, end == ListEnd.Committed && random.Next(9) > 0 ? ["e1", "e2"] : null))]);
        }).ToArray();
        Assert.Null(ElleForm.WrongIn(JepsenHistory.Lists(many, 1000), "list-append"));
        var registers = many.Select(t => new RegisterTransaction(t.Id, t.End, t.InvokedAt, t.CompletedAt, [.. t.Steps.Select(s => new RegisterStep(s.Key, s.Append, s.Append is null && random.Next(2) == 0 ? "e1" : null, null))])).ToArray();
        Assert.Null(ElleForm.WrongIn(JepsenHistory.Registers(registers, 1000), "rw-register"));
        Assert.Equal(2 * many.Length, JepsenHistory.Lists(many, 1000).Count());
    }

    [Theory]
    [InlineData("{:index 1, :type :invoke, :process 0, :f :txn, :value [], :time 0}", "indices")]
    [InlineData("{:index 0, :type :ok, :process 0, :f :txn, :value [], :time 0}", "an end without a beginning")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [], :time 0}", "no end")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 2]], :time 0}", "no value yet")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append 1 2] [:append 1 2]], :time 0}", "once")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [[:w 1 2]], :time 0}", "no :w")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [[:r \"x\" nil]], :time 0}", "no such element")]
    [InlineData("{:index 0, :type :invoke, :process 01, :f :txn, :value [], :time 0}", "no integer")]
    [InlineData("{:index 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil], :time 0}", "no such element")]
    [InlineData("{:index 0, :index 0, :type :invoke, :process 0, :f :txn, :value [], :time 0}", "twice")]
    [InlineData("[:index 0]", "no map")]
    public void What_has_another_form_is_told_so(string line, string why) => Assert.Contains(why, ElleForm.WrongIn([line], "list-append"), StringComparison.Ordinal);

    [Fact]
    public void What_was_not_asked_is_not_heard() => Assert.Contains("was not asked", ElleForm.WrongIn(
    [
        "{:index 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil]], :time 0}",
        "{:index 1, :type :ok, :process 0, :f :txn, :value [[:r 2 [3]]], :time 0}",
    ], "list-append"), StringComparison.Ordinal);
}
