namespace AkkaHa.Cli.Locks;

/// <summary>
/// Which file a command is, as shells find it (POSIX, 2.9.1.4): a path as it is, from the current directory; a name in the directories of PATH, in their order, the first that can be executed. .NET's own search begins beside this
/// program and in the current directory, and takes what can't be executed.
/// </summary>
static class ProgramPath
{
    const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Null: there is none.</summary>
    public static string? Of(string command, string? path)
    {
        if (OperatingSystem.IsWindows()) return command;
        if (command.Contains('/')) return Path.GetFullPath(command);
        if (command.Length == 0) return null;
        string? first = null;
        foreach (var directory in (path ?? "").Split(':'))
        {
            // An empty entry is the current directory.
            var file = Path.Combine(Path.GetFullPath(directory.Length == 0 ? "." : directory), command);
            if (!File.Exists(file)) continue;
            if ((File.GetUnixFileMode(file) & Execute) != 0) return file;
            first ??= file;
        }
        // One that can't be executed says why, if there is no other.
        return first;
    }
}
