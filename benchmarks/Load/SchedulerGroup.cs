using System.Globalization;

namespace AkkaHa.Load;

/// <summary>
/// One group of Linux's scheduler for all that a benchmark starts. Where <c>kernel.sched_autogroup_enabled</c> is 1, each session has the same share of the processors as any other, and each of PostgreSQL's processes is a
/// session: beside a few of them at lesser work, the one that stores a row waits for a second. That is for desktops: what is in a group of its own, as services of systemd and containers are, is not treated so.
/// </summary>
public sealed class SchedulerGroup : IDisposable
{
    private const string Autogroup = "/proc/sys/kernel/sched_autogroup_enabled";
    private const string Version1 = "/sys/fs/cgroup/cpu";
    private const string Processes = "cgroup.procs";
    private readonly List<string> parts = [];
    private readonly string? directory;
    private readonly string? root;

    private SchedulerGroup(string? root, string? directory, string text) => (this.root, this.directory, Text) = (root, directory, text);

    /// <summary>What it is, for a report.</summary>
    public string Text { get; }

    /// <summary>Does this in one group; where that can't be had, as it is, and <see cref="Text"/> says so.</summary>
    public static async Task<int> RunAsync(Func<SchedulerGroup, Task<int>> benchmark)
    {
        using var group = Enter();
        Console.WriteLine($"Processes: {group.Text}");
        return await benchmark(group);
    }

    private static SchedulerGroup Enter()
    {
        if (!File.Exists(Autogroup) || File.ReadAllText(Autogroup).Trim() == "0") return new SchedulerGroup(null, null, "sessions have no shares of the processors of their own");
        if (!IsInNone()) return new SchedulerGroup(null, null, "in a group of the scheduler that was there");
        // Version 1 of control groups, and 2.
        foreach (var root in (string[])[Version1, "/sys/fs/cgroup"])
        {
            if (!File.Exists(Path.Combine(root, Processes))) continue;
            var directory = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"akkaha-benchmark-{Environment.ProcessId}"));
            try
            {
                if (File.Exists(Path.Combine(root, "cgroup.subtree_control"))) File.WriteAllText(Path.Combine(root, "cgroup.subtree_control"), "+cpu");
                Directory.CreateDirectory(directory);
                Move(directory, Environment.ProcessId);
                return new SchedulerGroup(root, directory, "all of it in one group of the scheduler");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours to have: the next, or as it is.
                if (Directory.Exists(directory)) Directory.Delete(directory);
            }
        }
        return new SchedulerGroup(null, null, "each session with a share of the processors of its own (kernel.sched_autogroup_enabled, and no right to a group): each of PostgreSQL's processes is one");
    }

    /// <summary>
    /// Gives a process, with its children and whatever they start from then on, one share of the processors of its own within the benchmark's, as a container or a service has. Else each thread has the same share, and of a process with
    /// few busy threads each waits for all the threads of the others. False: that can't be had.
    /// </summary>
    public bool TryGive(string name, int processId)
    {
        if (directory is null || root != Version1) return false;
        var own = Path.Combine(directory, name);
        try
        {
            Directory.CreateDirectory(own);
            parts.Add(own);
            Move(own, processId);
            foreach (var child in File.ReadLines(Path.Combine(directory, Processes)).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Where(one => ParentOf(one) == processId).ToArray()) Move(own, child);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (directory is null) return;
        try
        {
            Move(root!, Environment.ProcessId);
            foreach (var part in parts) Directory.Delete(part);
            Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{directory} stays there: {e.Message}");
        }
    }

    /// <summary>Of those that share processors; by lines of number, controllers and path.</summary>
    private static bool IsInNone() => File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).All(g => g[2] == "/" || (g[1].Length > 0 && !g[1].Split(',').Contains("cpu")));

    private static void Move(string to, int processId)
    {
        try
        {
            File.WriteAllText(Path.Combine(to, Processes), processId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException) when (!Directory.Exists($"/proc/{processId}"))
        {
            // It has just ended.
        }
    }

    /// <summary>Null: it has ended.</summary>
    private static int? ParentOf(int processId)
    {
        try
        {
            // After the name, which is in brackets and may hold anything: the state, the parent.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
