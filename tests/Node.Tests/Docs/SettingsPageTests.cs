using System.Collections;
using System.Globalization;
using System.Reflection;
using AkkaHa.Node.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>The table of settings in docs/operating.md: all of them, with their real defaults and ranges.</summary>
public sealed class SettingsPageTests
{
    private const string Page = "docs/operating.md";

    private static readonly Dictionary<string, (string Default, string Range)> Documented = Repository.Read(Page).Split('\n')
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length >= 5 && cells[1].StartsWith('`') && cells[1].EndsWith('`'))
        .GroupBy(cells => cells[1].Trim('`'), StringComparer.Ordinal).ToDictionary(g => g.Key, g => (g.First()[2].Trim('`'), g.First()[3]), StringComparer.Ordinal);

    public static TheoryData<string, string> Settings
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var (setting, @default) in Of(typeof(NodeSettings), new NodeSettings(), "")) all.Add(setting, @default);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_setting_is_documented_with_its_default(string setting, string @default)
    {
        Assert.True(Documented.ContainsKey(setting), $"{Page} has no row for `{setting}`");
        Assert.Equal(@default, Documented[setting].Default);
    }

    [Fact]
    public void Every_documented_range_is_the_one_that_is_checked()
    {
        foreach (var (setting, range) in Documented.Select(d => (d.Key, d.Value.Range.Split('–'))))
        {
            if (range.Length != 2 || !int.TryParse(range[0], CultureInfo.InvariantCulture, out var least) || !int.TryParse(range[1], CultureInfo.InvariantCulture, out var most)) continue;
            Read(setting, least);
            Read(setting, most);
            Assert.Contains(setting, Assert.Throws<InvalidSettingsException>(() => Read(setting, least - 1)).Message, StringComparison.Ordinal);
            Assert.Contains(setting, Assert.Throws<InvalidSettingsException>(() => Read(setting, most + 1)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>With such others that only the range of this one decides: a lease must be longer than the time between its renewals, for example.</summary>
    private static NodeSettings Read(string setting, int value)
    {
        (string Name, int Value)[] others = setting switch
        {
            "Ownership:LeaseMs" => [("Ownership:RenewEveryMs", 50), ("Ownership:WithoutLeaseMs", 600_000)],
            "Ownership:RenewEveryMs" => [("Ownership:LeaseMs", 60_000), ("Ownership:WithoutLeaseMs", 600_000)],
            "Ownership:WithoutLeaseMs" => [("Ownership:RenewEveryMs", 50), ("Ownership:LeaseMs", 500)],
            "Detection:PauseMs" => [("Detection:HeartbeatMs", 50)],
            "Detection:HeartbeatMs" => [("Detection:PauseMs", 60_000)],
            _ => [],
        };
        return SettingsCheck.Read(new ConfigurationBuilder().AddInMemoryCollection(
            [.. others.Append((setting, value)).Select(s => KeyValuePair.Create($"AkkaHa:{s.Item1}", (string?)s.Item2.ToString(CultureInfo.InvariantCulture)))]).Build());
    }

    private static IEnumerable<(string, string)> Of(Type type, object defaults, string group)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var value = property.GetValue(defaults)!;
            if (property.PropertyType.Namespace == typeof(NodeSettings).Namespace)
            {
                foreach (var nested in Of(property.PropertyType, value, $"{group}{property.Name}:")) yield return nested;
                continue;
            }
            yield return ($"{group}{property.Name}", value switch
            {
                "" => "–",
                string text => text,
                bool flag => flag ? "true" : "false",
                IEnumerable => "–",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            });
        }
    }
}
