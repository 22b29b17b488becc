namespace AkkaHa.Cli.Demo;

/// <summary>The demo could not be shown to its end; the message says to a newcomer what was missing.</summary>
sealed class DemoFailedException(string message, Exception? inner = null) : Exception(message, inner);
