using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Keys;

/// <summary><c>akkaha kv watch</c>.</summary>
static class WatchCommand
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Option<string?> prefix = new("--prefix") { Description = "Keys that begin so; neither this nor --key: all keys", HelpName = "text" };
        Option<string?> key = new("--key") { Description = "This key only", HelpName = "name" };
        Option<string?> from = new("--from") { Description = "What comes after this position; left out: from now on", HelpName = "position" };
        var count = IntegerOption.Create("--count", "End after so many changes; 0: never", 0, int.MaxValue, 0);
        var json = Json.Option();
        ExampleCommand command = new("watch", """
            Prints every change of keys, one a line, until Ctrl-C: position, put|delete|expire, key, revision and value, with tabs between.
            None is left out and none comes twice, also when nodes die meanwhile. Begin with the last position again to go on where it ended.
            """,
            "akkaha kv watch --prefix orders/", "akkaha kv watch --key config --from 88 --json")
        {
            prefix, key, from, count, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            if (parsed.GetValue(prefix) is not null && parsed.GetValue(key) is not null) throw new InvalidCommandException("--prefix and --key do not go together");
            var config = parsed.InvocationConfiguration;
            var started = false;
            var options = new WatchOptions
            {
                GiveUpAfter = GiveUpAfter,
                Progress = position =>
                {
                    if (started) return;
                    started = true;
                    config.Error.WriteLine($"watching from position {position}; Ctrl-C ends it");
                },
            };
            WatchPosition? after = parsed.GetValue(from) is { } text ? new WatchPosition(text) : null;
            var events = parsed.GetValue(key) is { } name
                ? client.Keys.WatchKeyAsync(name, after, options, cancel)
                : client.Keys.WatchAsync(parsed.GetValue(prefix) ?? "", after, options, cancel);
            var left = parsed.GetValue(count);
            await foreach (var e in events)
            {
                if (parsed.GetValue(json)) Json.WriteLine(config.Output, KeyOutput.Of(e));
                else
                {
                    await config.Output.WriteLineAsync($"{e.Position}\t{KeyOutput.TypeOf(e)}\t{e.Key}\t{e.Revision}\t{ValueText.Of(e.Value)}");
                    await config.Output.FlushAsync(cancel);
                }
                if (--left == 0) break;
            }
            return ExitCode.Ok;
        }));
        return command;
    }
}
