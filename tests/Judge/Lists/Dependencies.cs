namespace AkkaHa.Judge.Lists;

/// <summary>Which transaction must come before which, and why.</summary>
sealed class Dependencies(int count)
{
    private readonly Dictionary<int, string>[] after = [.. Enumerable.Range(0, count).Select(_ => new Dictionary<int, string>())];

    public void Add(int earlier, int later, string why)
    {
        if (earlier != later) after[earlier].TryAdd(later, why);
    }

    /// <summary>A shortest way around, if there is one: no order has all of them in it.</summary>
    public IReadOnlyList<(int From, string Why)>? Cycle()
    {
        IReadOnlyList<(int, string)>? shortest = null;
        foreach (var start in StronglyConnected())
            if (Around(start) is { } cycle && (shortest is null || cycle.Count < shortest.Count)) shortest = cycle;
        return shortest;
    }

    /// <summary>One node of each component that has more than one (Tarjan, 1972), without recursion.</summary>
    private List<int> StronglyConnected()
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
                work.Push((node, after[node].Keys.GetEnumerator()));
            }
        }
        return found;
    }

    private List<(int, string)>? Around(int start)
    {
        var from = new Dictionary<int, int>();
        var queue = new Queue<int>([start]);
        while (queue.TryDequeue(out var node))
        {
            foreach (var to in after[node].Keys)
            {
                if (to != start && !from.TryAdd(to, node)) continue;
                if (to != start)
                {
                    queue.Enqueue(to);
                    continue;
                }
                var cycle = new List<(int, string)>();
                for (var (here, there) = (node, start); ; (here, there) = (from[here], here))
                {
                    cycle.Insert(0, (here, after[here][there]));
                    if (here == start) return cycle;
                }
            }
        }
        return null;
    }
}
