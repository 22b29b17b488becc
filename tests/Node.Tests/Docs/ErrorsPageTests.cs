using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

public sealed class ErrorsPageTests
{
    [Fact]
    public void The_page_of_errors_is_what_the_table_says()
    {
        var page = ErrorsPage.Render();
        if (Environment.GetEnvironmentVariable("AKKAHA_WRITE_DOCS") == "1") File.WriteAllText(Repository.PathOf(ErrorsPage.File), page);
        Assert.True(page == Repository.Read(ErrorsPage.File), $"{ErrorsPage.File} is not what the table of errors makes: AKKAHA_WRITE_DOCS=1 dotnet test tests/Node.Tests --filter ErrorsPage");
    }

    [Fact]
    public void No_source_of_a_node_mentions_a_code_that_the_page_says_is_not_sent()
    {
        var sources = new[] { "src/Core", "src/Node" }.SelectMany(d => Directory.EnumerateFiles(Repository.PathOf(d), "*.cs", SearchOption.AllDirectories)).Select(File.ReadAllText).ToArray();
        var sent = ErrorsPage.NotSentYet.Where(code => sources.Any(s => s.Contains($"{nameof(ErrorCode)}.{code}", StringComparison.Ordinal)));
        Assert.Empty(sent);
    }
}
