using AkkaHa.Messages;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Sessions as they are named on a command line.</summary>
static class SessionArgument
{
    public static SessionId Of(string text) => SessionId.TryParse(text, out var id) ? id : throw new InvalidCommandException($"'{text}' is no session id; one looks like 117-01985f2e-…");
}
