using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Docs;

public sealed partial class SnippetTests
{
    [Theory]
    [InlineData("docs/locks.md", "LocksPageSnippets.cs", 7)]
    [InlineData("README.md", "ReadmeSnippets.cs", 1)]
    public async Task Every_CSharp_snippet_of_the_page_is_one_that_compiles(string page, string compiledIn, int atLeast)
    {
        var compiled = Normalized(await File.ReadAllTextAsync(Beside(compiledIn)));
        var snippets = Snippet().Matches(await File.ReadAllTextAsync(Beside($"../../../{page}"))).Select(m => Normalized(m.Groups["code"].Value)).ToList();
        Assert.True(snippets.Count >= atLeast);
        Assert.All(snippets, snippet => Assert.Contains(snippet, compiled, StringComparison.Ordinal));
    }

    private static string Normalized(string code) => string.Join('\n', code.Split('\n').Select(l => l.Trim())).Trim();

    private static string Beside(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
