using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AkkaHa.Load;

/// <summary>What a run ran on.</summary>
public static class Machine
{
    /// <summary>Its name.</summary>
    public static string Processor { get; } =
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>For all that runs on it.</summary>
    public static int Cores => Environment.ProcessorCount;

    /// <summary>Of the machine.</summary>
    public static double MemoryGiB { get; } =
        double.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024 / 1024;

    /// <summary>Its operating system.</summary>
    public static string System => RuntimeInformation.OSDescription;

    /// <summary>Of this process, and of the nodes.</summary>
    public static string Runtime => RuntimeInformation.FrameworkDescription;

    /// <summary>Processes that wanted a processor in the last minute, in the mean.</summary>
    public static double Load => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Of this repository; with a word when the files differ from it.</summary>
    public static string Commit { get; } = $"{Git("rev-parse", "--short", "HEAD") ?? "unknown"}{(string.IsNullOrEmpty(Git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/RESULTS.md")) ? "" : " with changes")}";

    private static string? Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = AppContext.BaseDirectory };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var git = Process.Start(start)!;
            var answer = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? answer : null;
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
