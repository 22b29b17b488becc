using System.Collections.Concurrent;
using AkkaHa.Node.Api.Errors;
using Microsoft.Extensions.Logging;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Keeps what was logged as an error.</summary>
internal sealed class RecordedLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>Those with fields.</summary>
    public ConcurrentQueue<Dictionary<string, object?>> Scopes { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        if (state is RequestSubject fields) Scopes.Enqueue(fields.ToDictionary());
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Errors.Enqueue($"{formatter(state, exception)} {exception?.Message}");
    }

    public void Dispose()
    {
    }
}
