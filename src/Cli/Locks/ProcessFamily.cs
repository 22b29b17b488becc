namespace AkkaHa.Cli.Locks;

/// <summary>What a process has started, and they in turn, as Linux's /proc tells. Where there is no /proc it is empty.</summary>
sealed class ProcessFamily
{
    sealed record Stat(int ParentId, char State, ulong StartedAt);

    readonly int root;
    readonly int[] others;
    readonly ProcessFamily? none;
    // By when they were started too: ids are used again.
    readonly Dictionary<int, ulong> members = [];

    /// <summary>Those of a process, as they are now.</summary>
    /// <param name="root">Whose.</param>
    /// <param name="none">Who does not belong to it.</param>
    /// <param name="others">Who is sent nothing from here, because somebody else does.</param>
    public ProcessFamily(int root, ProcessFamily? none, params int[] others)
    {
        this.root = root;
        this.none = none;
        this.others = others;
        if (Read(root) is { } stat) members[root] = stat.StartedAt;
        Grow();
    }

    /// <summary>Whether any of them runs, other than the process itself and the others.</summary>
    public bool IsRunning => members.Keys.Any(IsAlive);

    /// <summary>Notes those too that were started since.</summary>
    public void Grow()
    {
        if (members.Count == 0) return;
        var all = All();
        bool Has(int id) => members.TryGetValue(id, out var startedAt) && all.TryGetValue(id, out var stat) && stat.StartedAt == startedAt;
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var (id, stat) in all)
            {
                if (Has(id) || !Has(stat.ParentId) || (none?.members.TryGetValue(id, out var known) == true && known == stat.StartedAt)) continue;
                members[id] = stat.StartedAt;
                grew = true;
            }
        }
    }

    /// <summary>To all that run, other than the process itself and the others.</summary>
    public void Send(int signal)
    {
        foreach (var id in members.Keys)
            if (IsAlive(id)) ChildProcess.Send(id, signal);
    }

    /// <summary>Children whose end nobody has taken notice of yet.</summary>
    public static IEnumerable<int> EndedChildrenOf(int parentId) => All().Where(p => p.Value.ParentId == parentId && p.Value.State == 'Z').Select(p => p.Key);

    bool IsAlive(int id) => id != root && !others.Contains(id) && Read(id) is { } stat && stat.StartedAt == members[id] && stat.State is not ('Z' or 'X');

    static Dictionary<int, Stat> All()
    {
        var all = new Dictionary<int, Stat>();
        if (!Directory.Exists("/proc")) return all;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory), out var id) && Read(id) is { } stat) all[id] = stat;
        return all;
    }

    static Stat? Read(int id)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{id}/stat");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, is none of ours, or there is no /proc.
            return null;
        }
        // The name, in brackets, may hold anything; see proc(5) for what follows.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new Stat(int.Parse(fields[1]), fields[0][0], ulong.Parse(fields[19]));
    }
}
