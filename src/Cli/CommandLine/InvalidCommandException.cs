namespace AkkaHa.Cli.CommandLine;

/// <summary>A command line, or a file that it names, makes no sense: <see cref="ExitCode.Usage"/>.</summary>
sealed class InvalidCommandException(string message) : Exception(message);
