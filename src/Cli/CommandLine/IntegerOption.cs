using System.CommandLine;
using System.Globalization;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Options that take a whole number within limits.</summary>
static class IntegerOption
{
    /// <summary>An option that refuses anything but a number from <paramref name="least"/> to <paramref name="most"/>, naming both.</summary>
    public static Option<int> Create(string name, string description, int least, int most, int byDefault) => new(name)
    {
        Description = $"{description} ({least} to {most})",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryParse(text, least, most, out var value))
                return value;
            result.AddError($"{name} must be a whole number from {least} to {most}, not '{text}'.");
            return byDefault;
        },
    };

    /// <summary>Digits only, and within the limits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
}
