using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Keys;

/// <summary><c>akkaha kv list</c>.</summary>
static class ListCommand
{
    // What a line of a terminal has room for beside a name.
    const int ValueWidth = 60;

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string> prefix = new("PREFIX") { Description = "What the names begin with; left out: all", DefaultValueFactory = _ => "" };
        Option<bool> keysOnly = new("--keys-only") { Description = "Print the names, one a line, and nothing else" };
        var limit = IntegerOption.Create("--limit", "Stop after so many; 0: all", 0, int.MaxValue, 0);
        Option<bool> stale = new("--stale") { Description = "As of a moment ago, by what the node that answers has heard: quicker, and possible while others are down" };
        var json = Json.Option();
        ExampleCommand command = new("list", "Lists keys by prefix, in the order of their names' bytes. No change that was finished before is missing.",
            "akkaha kv list orders/", "akkaha kv list orders/ --keys-only | xargs -n1 akkaha kv delete")
        {
            prefix, keysOnly, limit, stale, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var atMost = parsed.GetValue(limit) is var some and > 0 ? some : int.MaxValue;
            var names = parsed.GetValue(keysOnly);
            var asJson = parsed.GetValue(json);
            var options = new ListOptions { KeysOnly = names, Consistent = !parsed.GetValue(stale), PageSize = Math.Min(atMost, Limits.ListPageKeys) };
            var output = parsed.InvocationConfiguration.Output;
            var rows = new List<string[]>();
            var count = 0;
            await foreach (var entry in client.Keys.ListAsync(parsed.GetValue(prefix) ?? "", options, cancel))
            {
                if (asJson) Json.WriteLine(output, names ? KeyOutput.WithoutValue(entry) : KeyOutput.Of(entry));
                else if (names) await output.WriteLineAsync(entry.Key);
                else rows.Add([entry.Key, entry.Revision.ToString(), entry.Value.Length.ToString(CultureInfo.InvariantCulture), ValueText.Of(entry.Value, ValueWidth)]);
                if (++count == atMost) break;
            }
            if (!asJson && !names) Tables.Write(output, ["key", "revision", "bytes", "value"], rows);
            return ExitCode.Ok;
        }));
        return command;
    }
}
