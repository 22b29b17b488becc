using System.Globalization;

namespace AkkaHa.Cli.CommandLine;

/// <summary>How long something took or has been, as people read it: <c>3:07:12</c>; from two days on <c>2.1 d</c>.</summary>
static class DurationText
{
    public static string Of(TimeSpan time) => time.TotalHours >= 48
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.0} d")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");
}
