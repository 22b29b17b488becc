using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Registers;

namespace AkkaHa.Judge.Export;

/// <summary>One line of a history as Jepsen writes them: a client asks (invoke), and hears (ok), or that nothing was done (fail), or nothing (info).</summary>
/// <param name="Type">invoke, ok, fail or info.</param>
/// <param name="Process">Who. A process that heard nothing asks nothing more: as in Jepsen, another goes on in its place.</param>
/// <param name="Steps">The steps of the transaction, in EDN.</param>
/// <param name="TimeNs">Since the beginning.</param>
sealed record JepsenLine(string Type, int Process, IReadOnlyList<string> Steps, long TimeNs);

/// <summary>
/// Histories in the form that Elle reads, by itself (elle-cli, <c>--model list-append</c> or <c>rw-register</c>) or within Jepsen: one map a line,
/// <c>{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append 1 2] [:r 3 nil]], :time 5000}</c>. Keys and values are numbers here, given in the order in which they
/// first come; each value is written once.
/// </summary>
public static class JepsenHistory
{
    /// <summary>For <c>list-append</c>.</summary>
    /// <param name="history">What the judge gets.</param>
    /// <param name="nanosecondsPerTick">Of the history's times.</param>
    public static IEnumerable<string> Lists(IReadOnlyList<ListTransaction> history, long nanosecondsPerTick)
    {
        var numbers = new Numbers();
        string Asked(ListStep s) => s.Append is { } element ? $"[:append {numbers.Key(s.Key)} {numbers.Value(s.Key, element)}]" : $"[:r {numbers.Key(s.Key)} nil]";
        // A read whose answer its client does not know must not look like one of an empty list.
        IEnumerable<string> Heard(ListStep s) => s.Append is not null ? [Asked(s)]
            : s.Seen is { } seen ? [$"[:r {numbers.Key(s.Key)} [{string.Join(' ', seen.Select(e => numbers.Value(s.Key, e)))}]]"] : [];
        return Edn(history.Select(t => new Span(t.End, t.InvokedAt, t.CompletedAt, [.. t.Steps.Select(Asked)], [.. t.Steps.SelectMany(Heard)])), nanosecondsPerTick);
    }

    /// <summary>For <c>rw-register</c>. There is no delete in it: <paramref name="history"/> must have none.</summary>
    /// <param name="history">What the judge gets.</param>
    /// <param name="nanosecondsPerTick">Of the history's times.</param>
    public static IEnumerable<string> Registers(IReadOnlyList<RegisterTransaction> history, long nanosecondsPerTick)
    {
        var numbers = new Numbers();
        string Asked(RegisterStep s) => s.Write is { } value ? $"[:w {numbers.Key(s.Key)} {numbers.Value(s.Key, value)}]" : $"[:r {numbers.Key(s.Key)} nil]";
        string Heard(RegisterStep s) => s.Write is null && s.Seen is { } seen ? $"[:r {numbers.Key(s.Key)} {numbers.Value(s.Key, seen)}]" : Asked(s);
        return Edn(history.Select(t => new Span(t.End, t.InvokedAt, t.CompletedAt, [.. t.Steps.Select(Asked)], [.. t.Steps.Select(Heard)])), nanosecondsPerTick);
    }

    private sealed record Span(ListEnd End, long Invoked, long Completed, IReadOnlyList<string> Asked, IReadOnlyList<string> Heard);

    private static IEnumerable<string> Edn(IEnumerable<Span> spans, long nanosecondsPerTick)
    {
        var ordered = spans.OrderBy(s => s.Invoked).ToArray();
        var last = ordered.SelectMany(s => new[] { s.Invoked, s.End == ListEnd.Unknown ? 0 : s.Completed }).DefaultIfEmpty(0).Max();
        var (free, nextProcess) = (new PriorityQueue<int, long>(), 0);
        // What is asked at the very moment of an answer was not asked after it.
        var lines = new List<(long At, int Then, JepsenLine Line)>();
        foreach (var span in ordered)
        {
            var process = free.TryPeek(out _, out var freeFrom) && freeFrom < span.Invoked ? free.Dequeue() : nextProcess++;
            var (type, end) = span.End switch
            {
                ListEnd.Committed => ("ok", span.Completed),
                ListEnd.Aborted => ("fail", span.Completed),
                _ => ("info", last),
            };
            if (span.End != ListEnd.Unknown) free.Enqueue(process, end);
            lines.Add((span.Invoked, 0, new JepsenLine("invoke", process, span.Asked, span.Invoked * nanosecondsPerTick)));
            lines.Add((end, type == "info" ? 2 : 1, new JepsenLine(type, process, type == "ok" ? span.Heard : span.Asked, end * nanosecondsPerTick)));
        }
        return lines.OrderBy(l => l.At).ThenBy(l => l.Then).Select((l, index) => Line(index, l.Line));
    }

    private static string Line(int index, JepsenLine line) =>
        $"{{:index {index}, :type :{line.Type}, :process {line.Process}, :f :txn, :value [{string.Join(' ', line.Steps)}], :time {line.TimeNs}}}";

    /// <summary>Names as numbers, so that no reader has to know our names.</summary>
    private sealed class Numbers
    {
        private readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
        private readonly Dictionary<(string, string), int> values = [];

        public int Key(string name) => keys.TryGetValue(name, out var number) ? number : keys[name] = keys.Count + 1;

        public int Value(string key, string value) => values.TryGetValue((key, value), out var number) ? number : values[(key, value)] = values.Count + 1;
    }
}
