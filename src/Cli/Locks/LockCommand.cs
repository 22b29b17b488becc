using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Locks;

/// <summary><c>akkaha lock</c>: locks.</summary>
static class LockCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("lock", "Acquire, release and look at locks, and run commands under them.")
    {
        LockRunCommand.Create(), AcquireCommand.Create(), Release(), Show(), List(), ForceRelease(),
    };

    static Command Show()
    {
        var endpoint = Endpoints.Option();
        Argument<string> name = new("NAME") { Description = "The lock; one that nobody ever held has no holders and fence 0" };
        var json = Json.Option();
        ExampleCommand command = new("show", "Who holds a lock and who waits for it, the next first.", "akkaha lock show orders/7") { name, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var state = await client.Locks.GetAsync(parsed.GetRequiredValue(name), cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, LockOutput.Of(state));
            else
            {
                await output.WriteLineAsync($"{state.Name}: last fence {state.LastFence}, {state.Holders.Count} holding, {state.Waiters.Count} waiting");
                if (state.Holders.Count + state.Waiters.Count > 0) Tables.Write(output, ["", "label", "mode", "fence", "for", "session"], LockOutput.Rows(state));
            }
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command List()
    {
        var endpoint = Endpoints.Option();
        Argument<string> prefix = new("PREFIX") { Description = "What the names begin with; left out: all", DefaultValueFactory = _ => "" };
        var limit = IntegerOption.Create("--limit", "Stop after so many; 0: all", 0, int.MaxValue, 0);
        var json = Json.Option();
        ExampleCommand command = new("list", "Locks that are held or waited for, in the order of their names' bytes.", "akkaha lock list orders/") { prefix, limit, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var atMost = parsed.GetValue(limit) is var some and > 0 ? some : int.MaxValue;
            var output = parsed.InvocationConfiguration.Output;
            var rows = new List<string[]>();
            var count = 0;
            await foreach (var state in client.Locks.ListAsync(parsed.GetValue(prefix) ?? "", Math.Min(atMost, Limits.ListPageKeys), cancel))
            {
                if (parsed.GetValue(json)) Json.WriteLine(output, LockOutput.Of(state));
                else rows.Add(LockOutput.Row(state));
                if (++count == atMost) break;
            }
            if (!parsed.GetValue(json)) Tables.Write(output, ["lock", "mode", "holding", "waiting", "last fence", "by"], rows);
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command Release()
    {
        var endpoint = Endpoints.Option();
        Argument<string> name = new("NAME") { Description = "The lock" };
        Option<string> session = new("--session") { Description = "The session that holds it, as `lock acquire` told it", HelpName = "id", Required = true };
        var fence = NumberOption.Create("--fence", "The number of the grant, as `lock acquire` told it", 1);
        fence.Required = true;
        var json = Json.Option();
        ExampleCommand command = new("release", "Gives a lock back. Exit code 4 when that session does not hold it with that fence any more: what was done under it may have overlapped with another's work.",
            "akkaha lock release nightly --session 117-01985f2e-3c1b-7d50-9d6a-5b1f0a2c3d4e --fence 17")
        {
            name, session, fence, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var (which, number) = (parsed.GetRequiredValue(name), new Fence(parsed.GetValue(fence) ?? 0));
            await client.Locks.ReleaseAsync(which, SessionArgument.Of(parsed.GetRequiredValue(session)), number, cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { name = which, fence = number.ToString() });
            else await output.WriteLineAsync($"{which} is released");
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command ForceRelease()
    {
        var endpoint = Endpoints.Option();
        Argument<string> name = new("NAME") { Description = "The lock" };
        Option<string> reason = new("--reason") { Description = "For those who look for it later", HelpName = "text", DefaultValueFactory = _ => "by akkaha" };
        var fence = NumberOption.Create("--fence", "Only the grant with this number; left out: all that hold it", 1);
        var json = Json.Option();
        ExampleCommand command = new("force-release", """
            Ends what is held, whatever its holders do; the next grant has a higher fence. The holders hear of it with their next keepalive: until then, only what checks fences is protected from them.
            """,
            "akkaha lock force-release nightly --reason 'stuck since 3 am'")
        {
            name, reason, fence, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var which = parsed.GetRequiredValue(name);
            var ended = await client.Locks.ForceReleaseAsync(which, parsed.GetRequiredValue(reason), parsed.GetValue(fence) is { } number ? new Fence(number) : null, cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { name = which, fences = ended.Select(f => f.ToString()) });
            else await output.WriteLineAsync(ended.Count == 0 ? $"{which} was not held" : $"{which} is released by force: fence {string.Join(", ", ended.Select(f => f.Value.ToString(CultureInfo.InvariantCulture)))}");
            return ExitCode.Ok;
        }));
        return command;
    }
}
