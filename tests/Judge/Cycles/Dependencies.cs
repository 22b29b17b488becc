namespace AkkaHa.Judge.Cycles;

/// <summary>Which transaction must come before which, and why.</summary>
sealed class Dependencies(int count)
{
    private readonly Dictionary<(int To, Because Because), string>[] after = [.. Enumerable.Range(0, count).Select(_ => new Dictionary<(int, Because), string>())];

    public void Add(int earlier, int later, Because because, string why)
    {
        if (earlier != later) after[earlier].TryAdd((later, because), why);
    }

    /// <summary>A short way around over these reasons, if there is one: no order has all of them in it.</summary>
    public IReadOnlyList<Edge>? Cycle(Because over)
    {
        IReadOnlyList<Edge>? shortest = null;
        foreach (var start in StronglyConnected(over))
            if (Path(start, start, over) is { } cycle && (shortest is null || cycle.Count < shortest.Count)) shortest = cycle;
        return shortest;
    }

    /// <summary>A short way around with this reason once, and else only the others.</summary>
    public IReadOnlyList<Edge>? CycleWithOne(Because once, Because others)
    {
        IReadOnlyList<Edge>? shortest = null;
        if (Cycle(once | others) is null) return null;
        for (var from = 0; from < count; from++)
        {
            foreach (var ((to, because), why) in after[from])
                if (because == once && Path(to, from, others) is { } back && (shortest is null || back.Count + 1 < shortest.Count)) shortest = [new Edge(from, because, why), .. back];
        }
        return shortest;
    }

    /// <summary>One node of each component that has more than one (Tarjan, 1972), without recursion.</summary>
    private List<int> StronglyConnected(Because over)
    {
        var index = new int[count];
        var low = new int[count];
        var onStack = new bool[count];
        var stack = new Stack<int>();
        var found = new List<int>();
        var next = 1;
        for (var root = 0; root < count; root++)
        {
            if (index[root] != 0) continue;
            var work = new Stack<(int Node, IEnumerator<int> Edges)>();
            Open(root);
            while (work.TryPeek(out var top))
            {
                if (top.Edges.MoveNext())
                {
                    var to = top.Edges.Current;
                    if (index[to] == 0) Open(to);
                    else if (onStack[to]) low[top.Node] = Math.Min(low[top.Node], index[to]);
                    continue;
                }
                work.Pop();
                if (work.TryPeek(out var parent)) low[parent.Node] = Math.Min(low[parent.Node], low[top.Node]);
                if (low[top.Node] != index[top.Node]) continue;
                var size = 0;
                int member;
                do
                {
                    member = stack.Pop();
                    onStack[member] = false;
                    size++;
                }
                while (member != top.Node);
                if (size > 1) found.Add(top.Node);
            }

            void Open(int node)
            {
                index[node] = low[node] = next++;
                stack.Push(node);
                onStack[node] = true;
                work.Push((node, Next(node, over).GetEnumerator()));
            }
        }
        return found;
    }

    private IEnumerable<int> Next(int node, Because over) => after[node].Keys.Where(e => (e.Because & over) != 0).Select(e => e.To);

    private List<Edge>? Path(int start, int end, Because over)
    {
        var from = new Dictionary<int, Edge>();
        var queue = new Queue<int>([start]);
        while (queue.TryDequeue(out var node))
        {
            foreach (var ((to, because), why) in after[node])
            {
                if ((because & over) == 0) continue;
                var edge = new Edge(node, because, why);
                if (to == end) return Back(edge);
                if (to != start && from.TryAdd(to, edge)) queue.Enqueue(to);
            }
        }
        return null;

        List<Edge> Back(Edge last)
        {
            List<Edge> path = [last];
            while (path[0].From != start) path.Insert(0, from[path[0].From]);
            return path;
        }
    }
}
