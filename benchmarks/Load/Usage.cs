using System.Globalization;

namespace AkkaHa.Load;

/// <summary>What the processes of a system have used, with all their children, as the kernel counts it.</summary>
public static class Usage
{
    // sysconf(_SC_CLK_TCK): 100 on every Linux of today.
    private const double MicrosOfATick = 10_000;

    /// <summary>CPU time since each began, of those that have ended too, as far as their parents have heard of it; microseconds.</summary>
    public static double CpuMicros(IEnumerable<int> roots) => Tree(roots).Sum(p => p.Ticks) * MicrosOfATick;

    /// <summary>Memory; what several processes share is counted once. MiB.</summary>
    public static double MemoryMiB(IEnumerable<int> roots) => Tree(roots).Sum(p => KiB(p.Id)) / 1024;

    private static IEnumerable<(int Id, long Ticks)> Tree(IEnumerable<int> roots)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Read(id) : null).OfType<Process>().ToArray();
        var children = all.ToLookup(p => p.Parent);
        var byId = all.ToDictionary(p => p.Id);
        var open = new Stack<Process>(roots.Where(byId.ContainsKey).Select(r => byId[r]));
        while (open.TryPop(out var process))
        {
            yield return (process.Id, process.Ticks);
            foreach (var child in children[process.Id]) open.Push(child);
        }
    }

    private static Process? Read(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            // The name is in parentheses, and may hold anything: what counts comes after the last one. Then: state, parent, …, and from the 12th on utime, stime, cutime, cstime.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Process(id, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double KiB(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/smaps_rollup").FirstOrDefault(l => l.StartsWith("Pss:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private sealed record Process(int Id, int Parent, long Ticks);
}
