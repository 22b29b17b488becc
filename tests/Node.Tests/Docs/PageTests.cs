using System.Text.RegularExpressions;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>What README.md and docs/ point at is there.</summary>
public sealed partial class PageTests
{
    private const int LinesAtMost = 200;

    public static TheoryData<string> Pages => new(Repository.Pages);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_leads_somewhere(string page)
    {
        var from = Path.GetDirectoryName(Repository.PathOf(page))!;
        var broken = Link().Matches(Repository.Read(page)).Select(m => m.Groups["to"].Value)
            .Where(to => !to.Contains("://", StringComparison.Ordinal) && !to.StartsWith('#') && !Exists(Path.Combine(from, to.Split('#')[0])));
        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_file_that_is_named_exists(string page)
    {
        var missing = Named().Matches(Repository.Read(page)).Select(m => m.Groups["path"].Value).Where(path => !Exists(Repository.PathOf(path)));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_is_short_enough_to_be_read(string page) => Assert.InRange(Repository.Read(page).Count(c => c == '\n'), 1, LinesAtMost);

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(src|tests|samples|docs|\.ci)/[A-Za-z0-9._/-]+)`")]
    private static partial Regex Named();
}
