using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Keys;

/// <summary><c>akkaha kv</c>: keys.</summary>
static class KvCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("kv", "Read, write, list and watch keys.")
    {
        Get(), PutCommand.Create(), Delete(), ListCommand.Create(), WatchCommand.Create(),
    };

    /// <summary>The key that a command is about.</summary>
    public static Argument<string> Key() => new("KEY") { Description = "Its name, 1 to 512 bytes; / separates segments" };

    /// <summary>The guard of a write, from its two options.</summary>
    public static Guard? GuardOf(string? lockName, long? fence) => (lockName, fence) switch
    {
        (null, null) => null,
        ({ } name, { } number) => new Guard(name, new Fence(number)),
        _ => throw new InvalidCommandException("--lock and --fence go together"),
    };

    static Command Get()
    {
        var endpoint = Endpoints.Option();
        var key = Key();
        var json = Json.Option();
        ExampleCommand command = new("get", "Prints a key's value: its bytes and nothing else. Exit code 3 when there is none.", "akkaha kv get orders/7/state", "akkaha kv get logo > logo.png") { key, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var name = parsed.GetRequiredValue(key);
            if (await client.Keys.GetAsync(name, cancel) is not { } found)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"NOT_FOUND: there is no key '{name}'");
                return ExitCode.NotFound;
            }
            if (parsed.GetValue(json)) Json.WriteLine(parsed.InvocationConfiguration.Output, KeyOutput.Of(found));
            else
            {
                await using var raw = Console.OpenStandardOutput();
                await raw.WriteAsync(found.Value, cancel);
            }
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command Delete()
    {
        var endpoint = Endpoints.Option();
        var key = Key();
        var ifRevision = NumberOption.Create("--if-revision", "Only if the key is at this revision", 1);
        Option<string?> lockName = new("--lock") { Description = "Only while this lock is held with --fence", HelpName = "name" };
        var fence = NumberOption.Create("--fence", "The number of the grant of --lock", 1);
        var json = Json.Option();
        ExampleCommand command = new("delete", "Deletes a key. That there is none is no error.", "akkaha kv delete orders/7/state --if-revision 4") { key, ifRevision, lockName, fence, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var name = parsed.GetRequiredValue(key);
            var done = await client.Keys.DeleteAsync(
                name, parsed.GetValue(ifRevision) is { } revision ? new Revision(revision) : null, GuardOf(parsed.GetValue(lockName), parsed.GetValue(fence)), cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { key = name, revision = done.Revision.ToString(), deleted = done.Deleted });
            else await output.WriteLineAsync(done.Deleted ? $"{name} is deleted, revision {done.Revision}" : $"{name} was not there");
            return ExitCode.Ok;
        }));
        return command;
    }
}
