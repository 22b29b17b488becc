using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Eventual;

/// <summary><c>watch</c> of each kind.</summary>
static class Watches
{
    public static Command Create<T>(string kind, Func<AkkaHaClient, string, CancellationToken, IAsyncEnumerable<T>> watch, Func<T, (object? Json, string Text)> show)
    {
        var endpoint = Endpoints.Option();
        var json = Json.Option();
        var name = EventualCommand.Name();
        var count = IntegerOption.Create("--count", "Stop after so many values; 0: never", 0, int.MaxValue, 0);
        ExampleCommand command = new("watch", $"Prints a {kind} now and whenever it changes. Ctrl-C ends it.", $"akkaha {kind} watch NAME") { name, count, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var (key, output, left) = (parsed.GetRequiredValue(name), parsed.InvocationConfiguration.Output, parsed.GetValue(count));
            await foreach (var value in watch(client, key, cancel))
            {
                if (parsed.GetValue(json)) Json.WriteLine(output, new { kind, key, value = show(value).Json });
                else
                {
                    await output.WriteLineAsync(show(value).Text);
                    await output.FlushAsync(cancel);
                }
                if (--left == 0) break;
            }
            return ExitCode.Ok;
        }));
        return command;
    }
}
