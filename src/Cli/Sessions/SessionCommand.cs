using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Sessions;

/// <summary><c>akkaha session</c>: clients' leases on what they hold.</summary>
static class SessionCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("session", "Look at sessions, and end them.") { Show(), List(), Close() };

    static Command Show()
    {
        var endpoint = Endpoints.Option();
        var id = Id();
        var json = Json.Option();
        ExampleCommand command = new("show", "Shows a session. Looking does not keep it alive. Exit code 3 when it has ended.", "akkaha session show 117-01985f2e-3c1b-7d50-9d6a-5b1f0a2c3d4e") { id, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var state = await client.Sessions.GetAsync(SessionArgument.Of(parsed.GetRequiredValue(id)), cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                Json.WriteLine(output, new { sessionId = state.Id.Text, ttlSeconds = Json.Seconds(state.Ttl), remainingSeconds = Json.Seconds(state.Remaining), label = state.Label, locks = state.Locks });
            else
                Tables.Write(output, ["session", "label", "time to live", "remaining", "locks"],
                    [[state.Id.Text, state.Label, Seconds(state.Ttl), Seconds(state.Remaining), state.Locks.Count == 0 ? "-" : string.Join(", ", state.Locks)]]);
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command List()
    {
        var endpoint = Endpoints.Option();
        var limit = IntegerOption.Create("--limit", "Stop after so many; 0: all", 0, int.MaxValue, 0);
        var json = Json.Option();
        ExampleCommand command = new("list", "All sessions that live, whoever made them. What one holds: `session show`.", "akkaha session list", "akkaha session list --json --limit 10") { limit, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var atMost = parsed.GetValue(limit) is var some and > 0 ? some : int.MaxValue;
            var output = parsed.InvocationConfiguration.Output;
            var rows = new List<string[]>();
            var count = 0;
            await foreach (var state in client.Sessions.ListAsync(Math.Min(atMost, Limits.ListPageKeys), cancel))
            {
                if (parsed.GetValue(json)) Json.WriteLine(output, new { sessionId = state.Id.Text, ttlSeconds = Json.Seconds(state.Ttl), remainingSeconds = Json.Seconds(state.Remaining), label = state.Label });
                else rows.Add([state.Id.Text, state.Label, Seconds(state.Ttl), Seconds(state.Remaining)]);
                if (++count == atMost) break;
            }
            if (!parsed.GetValue(json)) Tables.Write(output, ["session", "label", "time to live", "remaining"], rows);
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command Close()
    {
        var endpoint = Endpoints.Option();
        var id = Id();
        var json = Json.Option();
        ExampleCommand command = new("close", "Ends a session, anybody's: its locks are released and its keys go. Exit code 3 when it had ended.", "akkaha session close 117-01985f2e-3c1b-7d50-9d6a-5b1f0a2c3d4e") { id, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var session = SessionArgument.Of(parsed.GetRequiredValue(id));
            await client.Sessions.CloseAsync(session, cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { sessionId = session.Text });
            else await output.WriteLineAsync($"{session} is closed");
            return ExitCode.Ok;
        }));
        return command;
    }

    static Argument<string> Id() => new("ID") { Description = "Its id, as `lock show` tells it" };

    static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
