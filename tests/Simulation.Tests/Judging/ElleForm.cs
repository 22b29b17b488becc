namespace AkkaHa.Simulation.Tests.Judging;

/// <summary>
/// Whether lines are a history as Elle takes it, by what its README and those of jepsen.history and elle-cli ask of one: operations are maps with <c>:index</c> (0, 1, 2, …), <c>:type</c>
/// (invoke, then ok, fail or info), <c>:process</c> (an integer, with one operation at a time, and none after an info), <c>:time</c> (nanoseconds, never falling), <c>:f</c> and <c>:value</c>, a vector of
/// micro-operations <c>[f k v]</c>: of list-append <c>[:append k v]</c>, <c>[:r k nil]</c> asked and <c>[:r k [v …]]</c> read; of rw-register <c>[:w k v]</c>, <c>[:r k nil]</c>, <c>[:r k v]</c>. A value is
/// written to a key once at most. This reads the form; it judges nothing.
/// </summary>
static class ElleForm
{
    /// <summary>The first thing that is wrong; null: nothing is.</summary>
    /// <param name="lines">One operation each.</param>
    /// <param name="model"><c>list-append</c> or <c>rw-register</c>.</param>
    public static string? WrongIn(IEnumerable<string> lines, string model)
    {
        var (index, lastTime) = (0L, long.MinValue);
        var (open, gone, written) = (new Dictionary<long, List<object?>>(), new HashSet<long>(), new HashSet<(long, long)>());
        foreach (var line in lines)
        {
            string? Wrong(string why) => $"{why}: {line}";
            Dictionary<EdnKeyword, object?> op;
            try
            {
                if (Edn.Read(line) is not Dictionary<EdnKeyword, object?> map) return Wrong("no map");
                op = map;
            }
            catch (FormatException e)
            {
                return Wrong(e.Message);
            }
            object? Of(string name) => op.GetValueOrDefault(new EdnKeyword(name));
            if (Of("index") is not long number || number != index++) return Wrong("indices go 0, 1, 2, …");
            if (Of("time") is not long time || time < Math.Max(0, lastTime)) return Wrong("time is nanoseconds, and never falls");
            lastTime = time;
            if (Of("f") is not EdnKeyword { Name: "txn" }) return Wrong(":f is :txn");
            if (Of("process") is not long process || gone.Contains(process)) return Wrong("a process is an integer, and does nothing more after an info");
            if (Of("value") is not List<object?> steps) return Wrong(":value is a vector");
            if (Of("type") is not EdnKeyword { Name: "invoke" or "ok" or "fail" or "info" } type) return Wrong("no such :type");
            if (type.Name == "invoke")
            {
                if (!open.TryAdd(process, steps)) return Wrong("a process does one thing at a time");
                foreach (var step in steps)
                {
                    if (StepWrong(step, model, read: false) is { } why) return Wrong(why);
                    var (f, key, value) = Parts(step);
                    if (f != "r" && !written.Add((key, (long)value!))) return Wrong("a value is written to a key once");
                }
                continue;
            }
            if (!open.Remove(process, out var asked)) return Wrong("an end without a beginning");
            if (type.Name == "info") gone.Add(process);
            foreach (var step in steps)
                if (StepWrong(step, model, read: type.Name == "ok") is { } why) return Wrong(why);
            // What is heard is what was asked, in its order, with values; reads of which nothing was heard may be left out.
            var next = 0;
            foreach (var (f, key, value) in steps.Select(Parts))
            {
                while (next < asked.Count && !Same(Parts(asked[next]), f, key, value)) next++;
                if (next++ == asked.Count) return Wrong($"[:{f} {key} …] was not asked");
            }
        }
        return open.Count == 0 ? null : $"{open.Count} operations have no end";
    }

    private static bool Same((string F, long Key, object? Value) asked, string f, long key, object? value) => asked.F == f && asked.Key == key && (f == "r" || Equals(asked.Value, value));

    private static (string F, long Key, object? Value) Parts(object? step) => step is List<object?> { Count: 3 } parts ? (((EdnKeyword)parts[0]!).Name, (long)parts[1]!, parts[2]) : throw new InvalidOperationException();

    private static string? StepWrong(object? step, string model, bool read)
    {
        if (step is not List<object?> { Count: 3 } parts || parts[0] is not EdnKeyword f || parts[1] is not long) return "a step is [f k v], and its key an integer";
        var write = model == "list-append" ? "append" : "w";
        if (f.Name == write) return parts[2] is long ? null : "what is written is an integer";
        if (f.Name != "r") return $"{model} has no :{f.Name}";
        if (parts[2] is null) return model == "list-append" && read ? "an empty list is []" : null;
        if (!read) return "what is asked for has no value yet";
        return model == "list-append" ? parts[2] is List<object?> list && list.TrueForAll(e => e is long) ? null : "a list is a vector of integers" : parts[2] is long ? null : "what is read is an integer";
    }
}
