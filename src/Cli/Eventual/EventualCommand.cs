using System.CommandLine;
using System.Globalization;
using System.Text;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Eventual;

/// <summary><c>akkaha counter</c>, <c>set</c>, <c>register</c>, <c>map</c> and <c>flag</c>: eventual data.</summary>
static class EventualCommand
{
    /// <summary>One command for each kind.</summary>
    public static IEnumerable<Command> CreateAll() =>
    [
        new Command("counter", "Count, also while everything else is down.")
        {
            Increment(), Get("counter", (client, name, options, cancel) => Shown(client.Eventual.Counter(name).GetAsync(options, cancel), Number)),
            Delete("counter", (client, name) => client.Eventual.Counter(name).DeleteAsync), Lists.Create("counter"),
            Watches.Create("counter", (client, name, cancel) => client.Eventual.Counter(name).WatchAsync(cancel), Number),
        },
        new Command("set", "Sets of texts that stay writable while everything else is down.")
        {
            Elements("add", "Adds elements", (client, name, elements, options, cancel) => client.Eventual.Set(name).AddAsync(elements, options, cancel)),
            Elements("remove", "Removes elements", (client, name, elements, options, cancel) => client.Eventual.Set(name).RemoveAsync(elements, options, cancel)),
            Get("set", (client, name, options, cancel) => Shown(client.Eventual.Set(name).GetAsync(options, cancel), Elements)),
            Delete("set", (client, name) => client.Eventual.Set(name).DeleteAsync), Lists.Create("set"),
            Watches.Create("set", (client, name, cancel) => client.Eventual.Set(name).WatchAsync(cancel), s => (Elements(s).Json, string.Join(' ', Sorted(s).Select(Quoted)))),
        },
        new Command("register", "Texts of which the latest write stays, also while everything else is down.")
        {
            SetRegister(), Get("register", (client, name, options, cancel) => Shown(client.Eventual.Register(name).GetAsync(options, cancel), v => (v ?? "", v ?? ""))),
            Delete("register", (client, name) => client.Eventual.Register(name).DeleteAsync), Lists.Create("register"),
            Watches.Create("register", (client, name, cancel) => client.Eventual.Register(name).WatchAsync(cancel), v => (v, v is null ? "-" : Quoted(v))),
        },
        new Command("map", "Named texts that stay writable while everything else is down.")
        {
            SetField(), RemoveFields(), Get("map", (client, name, options, cancel) => Shown(client.Eventual.Map(name).GetAsync(options, cancel), Fields)),
            Delete("map", (client, name) => client.Eventual.Map(name).DeleteAsync), Lists.Create("map"),
            Watches.Create("map", (client, name, cancel) => client.Eventual.Map(name).WatchAsync(cancel), m => (m, string.Join(' ', m.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{Quoted(f.Key)}={Quoted(f.Value)}")))),
        },
        new Command("flag", "Flags that stay writable while everything else is down.")
        {
            Switch("enable", "Switches a flag on", (client, name) => client.Eventual.Flag(name).EnableAsync), Switch("disable", "Switches a flag off", (client, name) => client.Eventual.Flag(name).DisableAsync),
            Get("flag", (client, name, options, cancel) => Shown(client.Eventual.Flag(name).GetAsync(options, cancel), OnOff)),
            Delete("flag", (client, name) => client.Eventual.Flag(name).DeleteAsync), Lists.Create("flag"),
            Watches.Create("flag", (client, name, cancel) => client.Eventual.Flag(name).WatchAsync(cancel), OnOff),
        },
    ];

    static Command Increment()
    {
        var (name, call) = (Name(), new CallOptions());
        var by = NumberOption.Create("--by", "What is added; negative takes away. Left out: 1", long.MinValue);
        ExampleCommand command = new("increment", "Adds to a counter, and prints its value.", "akkaha counter increment hits", "akkaha counter increment stock/7 --by -2 --consistency majority") { name, by };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            var value = await client.Eventual.Counter(parsed.GetRequiredValue(name)).IncrementAsync(parsed.GetValue(by) ?? 1, options, cancel);
            call.Print(parsed, "counter", parsed.GetRequiredValue(name), Number(value));
            return ExitCode.Ok;
        });
    }

    static Command Elements(string verb, string description, Func<AkkaHaClient, string, string[], EventualOptions, CancellationToken, Task> change)
    {
        var (name, call) = (Name(), new CallOptions());
        Argument<string[]> elements = new("ELEMENT") { Description = "1 to 1,000 texts", Arity = ArgumentArity.OneOrMore };
        ExampleCommand command = new(verb, $"{description}.", $"akkaha set {verb} online anna ben") { name, elements };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            await change(client, parsed.GetRequiredValue(name), parsed.GetRequiredValue(elements), options, cancel);
            return ExitCode.Ok;
        });
    }

    static Command SetRegister()
    {
        var (name, call) = (Name(), new CallOptions());
        Argument<string?> value = new("VALUE") { Description = "A text; left out: standard input", DefaultValueFactory = _ => null };
        ExampleCommand command = new("set", "Writes a register.", "akkaha register set motd 'back at nine'") { name, value };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            await client.Eventual.Register(parsed.GetRequiredValue(name)).SetAsync(parsed.GetValue(value) ?? Encoding.UTF8.GetString(await Input.ReadAsync(cancel)), options, cancel);
            return ExitCode.Ok;
        });
    }

    static Command SetField()
    {
        var (name, call) = (Name(), new CallOptions());
        Argument<string> field = new("FIELD") { Description = "Its name" };
        Argument<string> value = new("VALUE") { Description = "A text" };
        ExampleCommand command = new("set", "Writes one field of a map.", "akkaha map set profile/7 city Bern") { name, field, value };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            await client.Eventual.Map(parsed.GetRequiredValue(name)).SetAsync(parsed.GetRequiredValue(field), parsed.GetRequiredValue(value), options, cancel);
            return ExitCode.Ok;
        });
    }

    static Command RemoveFields()
    {
        var (name, call) = (Name(), new CallOptions());
        Argument<string[]> fields = new("FIELD") { Description = "Their names", Arity = ArgumentArity.OneOrMore };
        ExampleCommand command = new("remove", "Removes fields of a map.", "akkaha map remove profile/7 city") { name, fields };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            await client.Eventual.Map(parsed.GetRequiredValue(name)).RemoveAsync(parsed.GetRequiredValue(fields), options, cancel);
            return ExitCode.Ok;
        });
    }

    static Command Switch(string verb, string description, Func<AkkaHaClient, string, Func<EventualOptions?, CancellationToken, Task>> change)
    {
        var (name, call) = (Name(), new CallOptions());
        ExampleCommand command = new(verb, $"{description}.", $"akkaha flag {verb} maintenance --consistency all") { name };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            await change(client, parsed.GetRequiredValue(name))(options, cancel);
            return ExitCode.Ok;
        });
    }

    static Command Get(string kind, Func<AkkaHaClient, string, EventualOptions, CancellationToken, Task<(object? Json, string Text)>> read)
    {
        var (name, call) = (Name(), new CallOptions());
        ExampleCommand command = new("get", $"Prints a {kind}. Exit code 3 when there is none.", $"akkaha {kind} get NAME --consistency majority") { name };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            var key = parsed.GetRequiredValue(name);
            if (!await ExistsAsync(client, kind, key, options, cancel))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"NOT_FOUND: there is no {kind} '{key}'");
                return ExitCode.NotFound;
            }
            call.Print(parsed, kind, key, await read(client, key, options, cancel));
            return ExitCode.Ok;
        });
    }

    static Task<bool> ExistsAsync(AkkaHaClient client, string kind, string key, EventualOptions options, CancellationToken cancel) => kind switch
    {
        "counter" => client.Eventual.Counter(key).ExistsAsync(options, cancel),
        "set" => client.Eventual.Set(key).ExistsAsync(options, cancel),
        "register" => client.Eventual.Register(key).ExistsAsync(options, cancel),
        "map" => client.Eventual.Map(key).ExistsAsync(options, cancel),
        _ => client.Eventual.Flag(key).ExistsAsync(options, cancel),
    };

    static Command Delete(string kind, Func<AkkaHaClient, string, Func<EventualOptions?, CancellationToken, Task<bool>>> delete)
    {
        var (name, call) = (Name(), new CallOptions());
        ExampleCommand command = new("delete", $"Deletes a {kind}. That there is none is no error.", $"akkaha {kind} delete NAME") { name };
        return call.Run(command, async (parsed, client, options, cancel) =>
        {
            var key = parsed.GetRequiredValue(name);
            var deleted = await delete(client, key)(options, cancel);
            if (call.IsJson(parsed)) Json.WriteLine(parsed.InvocationConfiguration.Output, new { kind, key, deleted });
            else await parsed.InvocationConfiguration.Output.WriteLineAsync(deleted ? $"{key} is deleted" : $"{key} was not there");
            return ExitCode.Ok;
        });
    }

    /// <summary>The datum that a command is about.</summary>
    internal static Argument<string> Name() => new("NAME") { Description = "Its name, 1 to 512 bytes; / separates segments" };

    static async Task<(object?, string)> Shown<T>(Task<T> read, Func<T, (object? Json, string Text)> show) => show(await read);

    static (object? Json, string Text) Number(long value) => (value.ToString(CultureInfo.InvariantCulture), value.ToString(CultureInfo.InvariantCulture));

    static (object? Json, string Text) OnOff(bool on) => (on, on ? "on" : "off");

    static (object? Json, string Text) Elements(IReadOnlySet<string> set) => (Sorted(set).ToArray(), string.Join(Environment.NewLine, Sorted(set)));

    static (object? Json, string Text) Fields(IReadOnlyDictionary<string, string> map) =>
        (map, string.Join(Environment.NewLine, map.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\t{Quoted(f.Value)}")));

    static IEnumerable<string> Sorted(IReadOnlySet<string> set) => set.Order(StringComparer.Ordinal);

    static string Quoted(string text) => ValueText.Of(Encoding.UTF8.GetBytes(text));
}
