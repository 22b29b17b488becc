using System.CommandLine;
using System.Globalization;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Options that take a 64-bit number: revisions, fences and amounts.</summary>
static class NumberOption
{
    /// <summary>An option that refuses anything but a whole number (with a sign only where that makes sense), and names the least.</summary>
    public static Option<long?> Create(string name, string description, long least) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (long.TryParse(text, least < 0 ? NumberStyles.AllowLeadingSign : NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least) return value;
            result.AddError($"{name} must be a whole number{(least > long.MinValue ? $", {least} or more" : " of 64 bits")}, not '{text}'.");
            return null;
        },
    };
}
