using System.Globalization;
using System.Text.RegularExpressions;
using AkkaHa.Judge;
using AkkaHa.Judge.Export;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Registers;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed partial class JepsenHistoryTests
{
    [GeneratedRegex(@"^\{:index (?<index>\d+), :type :(?<type>invoke|ok|fail|info), :process (?<process>\d+), :f :txn, :value \[(?<value>.*)\], :time (?<time>\d+)\}$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^(\[:(append|r|w) \d+ (\d+|nil|\[(\d+( \d+)*)?\])\]( (?=\[:)|$))*$")]
    private static partial Regex Value();

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
    public void Every_line_is_well_formed_and_every_invocation_has_its_end()
    {
        var random = new Random(7);
        var many = Enumerable.Range(0, 500).Select(i =>
        {
            var from = random.Next(1000);
            var end = (ListEnd)random.Next(3);
            return new ListTransaction($"t{i}", end, from, end == ListEnd.Unknown ? Time.Never : from + random.Next(30),
                [.. Enumerable.Range(0, random.Next(1, 4)).Select(s => new ListStep($"k{random.Next(3)}", s == 0 ? $"e{i}" : null, end == ListEnd.Committed ? ["e1", "e2"] : null))]);
        }).ToArray();
        var open = new Dictionary<int, long>();
        var ended = new HashSet<int>();
        var (index, last, ends) = (0, 0L, 0);
        foreach (var line in JepsenHistory.Lists(many, 1))
        {
            var match = Line().Match(line);
            Assert.True(match.Success && Value().IsMatch(match.Groups["value"].Value), line);
            var (process, time) = (int.Parse(match.Groups["process"].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture));
            Assert.Equal(index++, int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture));
            Assert.True(time >= last, $"time goes back at {line}");
            last = time;
            if (match.Groups["type"].Value == "invoke")
            {
                Assert.True(!ended.Contains(process) && open.TryAdd(process, time), $"a process asks two things at once, or after it heard nothing: {line}");
                continue;
            }
            Assert.True(open.Remove(process), $"an end without a beginning: {line}");
            if (match.Groups["type"].Value == "info") ended.Add(process);
            ends++;
        }
        Assert.Empty(open);
        Assert.Equal(many.Length, ends);
    }
}
