namespace AkkaHa.Node.Tests.Docs;

/// <summary>The files of this repository, as the documentation's readers see them.</summary>
internal static class Repository
{
    /// <summary>The directory that holds AkkaHa.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>README.md and all of docs/, by path from <see cref="Root"/>.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        "README.md",
        .. Directory.EnumerateFiles(PathOf("docs"), "*.md", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public static string PathOf(string file) => Path.Combine(Root, file);

    /// <summary>With line feeds only, however it was checked out.</summary>
    public static string Read(string file) => File.ReadAllText(PathOf(file)).ReplaceLineEndings("\n");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "AkkaHa.sln"))) return directory.FullName;
        throw new DirectoryNotFoundException($"there is no AkkaHa.sln above {AppContext.BaseDirectory}");
    }
}
