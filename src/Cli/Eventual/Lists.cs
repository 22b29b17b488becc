using System.CommandLine;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Eventual;

/// <summary><c>list</c> of each kind.</summary>
static class Lists
{
    public static Command Create(string kind)
    {
        var endpoint = Endpoints.Option();
        var json = Json.Option();
        Argument<string> prefix = new("PREFIX") { Description = "What the names begin with; left out: all", DefaultValueFactory = _ => "" };
        ExampleCommand command = new("list", $"Lists the names of {kind}s that a node knows.", $"akkaha {kind} list shop/") { prefix, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var output = parsed.InvocationConfiguration.Output;
            await foreach (var key in client.Eventual.ListAsync(kind, parsed.GetRequiredValue(prefix), cancel))
            {
                if (parsed.GetValue(json)) Json.WriteLine(output, new { kind, key });
                else await output.WriteLineAsync(key);
            }
            return ExitCode.Ok;
        }));
        return command;
    }
}
