using System.Diagnostics;
using System.Globalization;

namespace AkkaHa.Overload;

/// <summary>
/// The load has the last processor for itself, and the nodes and their database have the others: else the load would be late just when there is most to do, and calls would wait in it and not in the nodes.
/// Children run where their parent does when it starts them.
/// </summary>
internal static class Processor
{
    /// <summary>What is started from now on is kept off the load's processor.</summary>
    /// <exception cref="InvalidOperationException">There is only one.</exception>
    public static Task ForServersAsync(int processors) =>
        processors > 1 ? TasksetAsync(string.Create(CultureInfo.InvariantCulture, $"0-{processors - 2}")) : throw new InvalidOperationException("the load needs a processor, and the nodes another");

    /// <summary>This process goes on on its own.</summary>
    public static Task ForLoadAsync(int processors) => TasksetAsync((processors - 1).ToString(CultureInfo.InvariantCulture));

    // All threads there are; those to come are where the one that starts them is.
    private static async Task TasksetAsync(string processors)
    {
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["--all-tasks", "--cpu-list", "--pid", processors, $"{Environment.ProcessId}"]) { RedirectStandardOutput = true })!;
        await taskset.StandardOutput.ReadToEndAsync();
        await taskset.WaitForExitAsync();
        if (taskset.ExitCode != 0) throw new InvalidOperationException($"taskset ended with exit code {taskset.ExitCode}");
    }
}
