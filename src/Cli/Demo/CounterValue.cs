using System.Globalization;

namespace AkkaHa.Cli.Demo;

/// <summary>What the counter key holds: the count, and the fence of the grant under which it was written. As text: <c>17:42</c>.</summary>
readonly record struct CounterValue(long Count, long Fence)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It did not write this.</exception>
    public static CounterValue Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 2
            ? new CounterValue(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is no counter value (count:fence)");
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}:{Fence}");
}
