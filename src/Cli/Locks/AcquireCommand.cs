using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Locks;

/// <summary><c>akkaha lock acquire</c>: for scripts that go on without this program.</summary>
static class AcquireCommand
{
    static readonly TimeSpan TtlByDefault = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        var how = new LockOptions();
        var wait = DurationOption.Create("--wait", "How long to wait for it; left out: not at all");
        var ttl = DurationOption.Create("--ttl", "How long it is held at most, since nothing keeps it alive (2s to 1h; left out: 60s)");
        Option<string?> session = new("--session") { Description = "Hang it on this session, instead of on one of its own", HelpName = "id" };
        Option<string> label = new("--label") { Description = "Who this is, as others see it", HelpName = "text", DefaultValueFactory = _ => "" };
        var json = Json.Option();
        ExampleCommand command = new("acquire", """
            Takes a lock and ends, still holding it, on a session that nothing keeps alive: it is released by `lock release`, or when --ttl is over. Nobody hears of that loss:
            hand the fence to what the lock protects, or better use `lock run`. Exit code 4 when others hold it.
            """,
            "akkaha lock acquire nightly --ttl 10m", "akkaha lock acquire pool --mode semaphore --limit 3 --wait 30s --json")
        {
            wait, ttl, session, label, endpoint, json,
        };
        how.AddTo(command);
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var request = how.Of(parsed);
            var given = parsed.GetValue(session) is { } id ? SessionArgument.Of(id) : (SessionId?)null;
            if (given is not null && parsed.GetValue(ttl) is not null) throw new InvalidCommandException("--ttl is that of a session of its own: it does not go with --session");
            var life = parsed.GetValue(ttl) ?? TtlByDefault;
            var on = given ?? await client.Sessions.CreateAsync(life, parsed.GetValue(label) ?? "", cancel);
            AcquiredLock? held = null;
            try
            {
                held = await client.Locks.AcquireAsync(request with { Session = on }, parsed.GetValue(wait) ?? TimeSpan.Zero, cancel);
            }
            finally
            {
                if (held is null && given is null) await CloseAsync(client, on);
            }
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, LockOutput.Of(held));
            else await output.WriteLineAsync($"{held.Name} is held with fence {held.Fence} by session {held.SessionId}{(given is null ? string.Create(CultureInfo.InvariantCulture, $", for {life.TotalSeconds:0.###} s at most") : "")}");
            return ExitCode.Ok;
        }, options => Task.FromResult(options with { Label = parsed.GetValue(label) ?? "" })));
        return command;
    }

    static async Task CloseAsync(AkkaHaClient client, SessionId session)
    {
        try
        {
            await client.Sessions.CloseAsync(session, CancellationToken.None);
        }
        catch (AkkaHaException)
        {
            // It runs out by itself; why the lock was not got is what is to be told.
        }
    }
}
