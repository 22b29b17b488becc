using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Demo;

/// <summary>
/// Under <c>dotnet run</c> the process that people see and kill is not this one but its parent, which takes nobody with it when it is killed. So
/// when that parent is gone, the demo stops. Any other parent may go: shells do, and leave what runs in the background.
/// </summary>
sealed class LauncherWatch : IDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    readonly Timer? timer;

    /// <summary>Watches, if there is something to watch.</summary>
    public LauncherWatch(CancellationTokenSource stop)
    {
        if (!OperatingSystem.IsLinux()) return;
        var parent = ParentId();
        if (!IsDotnetRun(parent)) return;
        timer = new Timer(
            _ =>
            {
                if (ParentId() != parent) stop.Cancel();
            },
            null, Every, Every);
    }

    /// <inheritdoc />
    public void Dispose() => timer?.Dispose();

    static bool IsDotnetRun(int processId)
    {
        try
        {
            var arguments = File.ReadAllText($"/proc/{processId}/cmdline").Split('\0');
            return arguments.Length > 1 && Path.GetFileName(arguments[0]) == "dotnet" && arguments[1] == "run";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    static extern int ParentId();
}
