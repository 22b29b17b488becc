using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Eventual;

/// <summary>What all calls to eventual data have in common: where, with how many nodes, and how it is printed.</summary>
sealed class CallOptions
{
    readonly Option<string> endpoint = Endpoints.Option();
    readonly Option<bool> json = Json.Option();
    readonly Option<TimeSpan?> timeout = DurationOption.Create("--timeout", "How long to wait for other nodes, 50ms to 60s; left out: 2s");
    readonly Option<EventualConsistency> consistency = new("--consistency")
    {
        Description = "How many nodes take part: local, majority or all",
        HelpName = "nodes",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text is "local" or "majority" or "all") return Enum.Parse<EventualConsistency>(text, ignoreCase: true);
            result.AddError($"--consistency must be local, majority or all, not '{text}'.");
            return EventualConsistency.Local;
        },
        DefaultValueFactory = _ => EventualConsistency.Local,
    };

    /// <summary>Gives a command these options and what it does.</summary>
    public Command Run(Command command, Func<ParseResult, AkkaHaClient, EventualOptions, CancellationToken, Task<int>> run)
    {
        foreach (var option in new Option[] { consistency, timeout, endpoint, json }) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, client =>
        {
            var options = new EventualOptions { Consistency = parsed.GetValue(consistency) };
            return run(parsed, client, parsed.GetValue(timeout) is { } time ? options with { Timeout = time } : options, cancel);
        }));
        return command;
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>A value, in the shape of the HTTP API or as people read it.</summary>
    public void Print(ParseResult parsed, string kind, string key, (object? Json, string Text) value)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (IsJson(parsed)) Json.WriteLine(output, new { kind, key, value = value.Json, reached = parsed.GetValue(consistency).ToString().ToLowerInvariant() });
        else output.WriteLine(value.Text);
    }
}
