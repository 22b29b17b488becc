namespace AkkaHa.Cli.Locks;

/// <summary>
/// What a command has started, and they in turn, as Linux's /proc tells. To be noted while their parents live: nothing leads to whoever has lost its parent.
/// Where there is no /proc it is empty.
/// </summary>
sealed class ProcessFamily
{
    sealed record Stat(int ParentId, char State, ulong StartedAt);

    readonly int root;
    // By when they were started too: ids are used again.
    readonly Dictionary<int, ulong> members = [];

    public ProcessFamily(int root)
    {
        this.root = root;
        if (Read(root) is { } stat) members[root] = stat.StartedAt;
        Grow();
    }

    /// <summary>Whether any of them runs, other than the command itself.</summary>
    public bool IsRunning => members.Keys.Any(IsAlive);

    /// <summary>Notes those too that were started since.</summary>
    public void Grow()
    {
        if (members.Count == 0) return;
        var all = new Dictionary<int, Stat>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory), out var id) && Read(id) is { } stat) all[id] = stat;
        bool Has(int id) => members.TryGetValue(id, out var startedAt) && all.TryGetValue(id, out var stat) && stat.StartedAt == startedAt;
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var (id, stat) in all)
            {
                if (Has(id) || !Has(stat.ParentId)) continue;
                members[id] = stat.StartedAt;
                grew = true;
            }
        }
    }

    /// <summary>To all that run, other than the command itself.</summary>
    public void Send(int signal)
    {
        foreach (var id in members.Keys)
            if (IsAlive(id)) ChildProcess.Send(id, signal);
    }

    bool IsAlive(int id) => id != root && Read(id) is { } stat && stat.StartedAt == members[id] && stat.State is not ('Z' or 'X');

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
