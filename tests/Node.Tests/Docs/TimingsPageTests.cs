using System.Text.RegularExpressions;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>Every timing that is set in Akka's configuration stands in docs/timings.md, with its value.</summary>
public sealed partial class TimingsPageTests
{
    public static TheoryData<string, string> Timings
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var (name, value) in Timing().Matches(Repository.Read("src/Node/Membership/AkkaConfig.cs")).Select(t => (t.Groups["name"].Value, t.Groups["value"].Value)).Distinct()) all.Add(name, value);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Timings))]
    public void A_timing_of_Akka_s_is_documented_with_its_value(string name, string value) =>
        Assert.Contains(Repository.Read("docs/timings.md").Split('\n'), line => line.Split('|', StringSplitOptions.TrimEntries) is [_, var names, var documented, ..] && names.Contains($"`{name}`", StringComparison.Ordinal) && documented == value);

    [GeneratedRegex(@"(?<name>[a-z.-]+) = (?<value>\d+m?s)\b")]
    private static partial Regex Timing();
}
