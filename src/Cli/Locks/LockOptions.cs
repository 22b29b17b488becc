using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Locks;

/// <summary>How a lock is to be held, on a command line.</summary>
sealed class LockOptions
{
    readonly Argument<string> name = new("NAME") { Description = "The lock, 1 to 512 bytes; / separates segments" };
    readonly Option<LockMode> mode = new("--mode") { Description = "exclusive, shared, upgradeable or semaphore", HelpName = "mode", DefaultValueFactory = _ => LockMode.Exclusive };
    readonly Option<int> permits = IntegerOption.Create("--permits", "Of a semaphore: how many to take", 1, int.MaxValue, 1);
    readonly Option<int> limit = IntegerOption.Create("--limit", "Of a semaphore: how many there are", 0, int.MaxValue, 0);

    public LockOptions()
    {
        mode.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Enum.TryParse<LockMode>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && !char.IsAsciiDigit(text[0])) return parsed;
            result.AddError($"--mode must be exclusive, shared, upgradeable or semaphore, not '{text}'.");
            return default;
        };
        // The library would offer the names as they stand in the source.
        mode.CompletionSources.Clear();
        mode.CompletionSources.Add("exclusive", "shared", "upgradeable", "semaphore");
    }

    public void AddTo(Command command)
    {
        command.Add(name);
        command.Add(mode);
        command.Add(permits);
        command.Add(limit);
    }

    public LockRequest Of(ParseResult parsed) => new(parsed.GetRequiredValue(name))
    {
        Mode = parsed.GetValue(mode), Permits = parsed.GetValue(permits), Limit = parsed.GetValue(limit),
    };
}
