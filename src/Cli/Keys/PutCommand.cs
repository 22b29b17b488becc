using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Keys;

/// <summary><c>akkaha kv put</c>.</summary>
static class PutCommand
{
    const string StandardInput = "-";

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        var key = KvCommand.Key();
        Argument<string> value = new("VALUE") { Description = $"Its value as text, or {StandardInput}: the bytes of standard input. Up to 1 MiB" };
        var ifRevision = NumberOption.Create("--if-revision", "Only if the key is at this revision; 0: only if there is none", 0);
        var ttl = DurationOption.Create("--ttl", "The key goes after this time (1ms to 365d); left out: it stays");
        Option<string?> session = new("--session") { Description = "The key goes when this session ends", HelpName = "id" };
        Option<string?> lockName = new("--lock") { Description = "Only while this lock is held with --fence", HelpName = "name" };
        var fence = NumberOption.Create("--fence", "The number of the grant of --lock", 1);
        var json = Json.Option();
        ExampleCommand command = new("put", "Writes a key. Durable when it returns.",
            "akkaha kv put orders/7/state paid", "akkaha kv put leader 10.0.0.7 --if-revision 0 --ttl 60s", "akkaha kv put config - < config.json")
        {
            key, value, ifRevision, ttl, session, lockName, fence, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var name = parsed.GetRequiredValue(key);
            var bytes = parsed.GetRequiredValue(value) is var text && text == StandardInput ? await Input.ReadAsync(cancel) : System.Text.Encoding.UTF8.GetBytes(text);
            var revision = await client.Keys.PutAsync(name, bytes, new PutOptions
            {
                IfRevision = parsed.GetValue(ifRevision) is { } number ? new Revision(number) : null,
                Ttl = parsed.GetValue(ttl),
                Session = parsed.GetValue(session) is { } id ? SessionArgument.Of(id) : null,
                Guard = KvCommand.GuardOf(parsed.GetValue(lockName), parsed.GetValue(fence)),
            }, cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { key = name, revision = revision.ToString() });
            else await output.WriteLineAsync($"{name} is at revision {revision}");
            return ExitCode.Ok;
        }));
        return command;
    }
}
