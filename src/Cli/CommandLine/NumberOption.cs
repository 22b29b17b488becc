using System.CommandLine;
using System.Globalization;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Options that take a 64-bit number: revisions and fences.</summary>
static class NumberOption
{
    /// <summary>An option that refuses anything but digits, and names the least.</summary>
    public static Option<long?> Create(string name, string description, long least) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least) return value;
            result.AddError($"{name} must be a whole number, {least} or more, not '{text}'.");
            return null;
        },
    };
}
