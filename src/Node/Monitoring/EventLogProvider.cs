namespace AkkaHa.Node.Monitoring;

/// <summary>What this node logs, from information up, also becomes events: without the exceptions' own text beyond what the message says, and without the libraries'.</summary>
internal sealed class EventLogProvider(NodeHistory history) : ILoggerProvider
{
    private const string Ours = "AkkaHa.";

    public ILogger CreateLogger(string categoryName) => new Writer(categoryName.StartsWith(Ours, StringComparison.Ordinal) ? history : null);

    public void Dispose()
    {
    }

    private sealed class Writer(NodeHistory? history) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => history is not null && logLevel is >= LogLevel.Information and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) history!.Happened(logLevel switch { LogLevel.Information => "info", LogLevel.Warning => "warning", _ => "error" }, formatter(state, exception));
        }
    }
}
