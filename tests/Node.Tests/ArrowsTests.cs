using System.Xml.Linq;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Node.Tests;

/// <summary>Who may know whom: Node → Core → Messages ← ClientApi ← Cli, and Cli → Core. Akka is Node's alone.</summary>
public sealed class ArrowsTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Messages"] = [],
        ["Core"] = ["Messages"],
        ["Node"] = ["Core", "Messages"],
        ["ClientApi"] = ["Messages"],
        ["ClientApi.DistributedLock"] = ["ClientApi"],
        ["Cli"] = ["ClientApi", "Core"],
    };

    private static readonly string Source = Path.Combine(Root(), "src");

    public static TheoryData<string> Projects => new(Directory.GetDirectories(Source).Select(d => Path.GetFileName(d)!));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_those_it_may(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"src/{project} has no place in the layout: say here whom it may know");
        var references = Items(project, "ProjectReference").Select(r => Path.GetFileName(Path.GetDirectoryName(r.Replace('\\', '/')))!);
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_the_node_knows_Akka(string project)
    {
        var akka = Items(project, "PackageReference").Where(p => p == "Akka" || p.StartsWith("Akka.", StringComparison.Ordinal)).ToArray();
        if (project == "Node") Assert.NotEmpty(akka);
        else Assert.Empty(akka);
    }

    [Theory]
    [InlineData(typeof(Entity))]
    [InlineData(typeof(EntityId))]
    public void What_was_built_references_no_more_than_that(Type one)
    {
        var references = one.Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToArray();
        Assert.DoesNotContain(references, r => r == "Akka" || r.StartsWith("Akka.", StringComparison.Ordinal));
        Assert.DoesNotContain(references, r => r is "AkkaHa.Node" or "AkkaHa.Cli" or "AkkaHa.ClientApi");
        if (one == typeof(Entity)) Assert.DoesNotContain(references, r => r.StartsWith("System.Net.", StringComparison.Ordinal) || r.StartsWith("Microsoft.", StringComparison.Ordinal));
    }

    /// <summary>Files stay small enough to be read.</summary>
    [Fact]
    public void No_source_file_has_more_than_300_lines()
    {
        var tooLong = Directory.GetFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(f => File.ReadLines(f).Count() > 300);
        Assert.Empty(tooLong);
    }

    private static IEnumerable<string> Items(string project, string name) =>
        XDocument.Load(Path.Combine(Source, project, $"AkkaHa.{project}.csproj")).Descendants(name).Select(e => e.Attribute("Include")?.Value).OfType<string>();

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "AkkaHa.sln"))) at = at.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
        return at.FullName;
    }
}
