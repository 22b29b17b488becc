using System.CommandLine;
using System.Globalization;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Options that take a time, as people write it: <c>500ms</c>, <c>1.5s</c>, <c>2m</c>, <c>1h</c>, <c>7d</c>.</summary>
static class DurationOption
{
    static readonly (string Unit, TimeSpan Is)[] Units =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1))];

    /// <summary>An option that refuses what is no time with a unit.</summary>
    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryParse(text, out var value)) return value;
            result.AddError($"{name} must be a number with a unit (ms, s, m, h, d), for example 60s, not '{text}'.");
            return null;
        },
    };

    /// <summary>A positive number and its unit.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        foreach (var (unit, unitIs) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) continue;
            if (number > TimeSpan.MaxValue / unitIs) break;
            value = unitIs * number;
            return true;
        }
        value = default;
        return false;
    }
}
