using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>Nodes know by their versions that they are being replaced: so two that were published have not the same.</summary>
public sealed partial class VersionTests
{
    private const string Props = "Directory.Build.props";

    [Fact]
    public async Task This_version_is_higher_than_the_one_that_was_published_before()
    {
        var commit = Repository.Read("tests/Cluster.Tests/Upgrade/previous-version.txt").Trim();
        // A copy of the sources without their history has nothing to compare.
        if (await GitAsync("show", $"{commit}:{Props}") is not { } before) return;
        Assert.True(Of(Repository.Read(Props)) > Of(before), $"{Of(Repository.Read(Props))} is not above {Of(before)}");
    }

    [Fact]
    public void Images_are_named_by_this_version()
    {
        var version = Of(Repository.Read(Props)).ToString();
        foreach (var file in (string[])["docker/k8s/akkaha.yaml", "docs/docker.md"])
            Assert.All(Image().Matches(Repository.Read(file)), m => Assert.Equal(version, m.Groups["version"].Value));
    }

    private static Version Of(string props) => Version.Parse(Written().Match(props).Groups["version"].Value);

    private static async Task<string?> GitAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var git = Process.Start(start)!;
            var error = git.StandardError.ReadToEndAsync();
            var output = await git.StandardOutput.ReadToEndAsync();
            await error;
            await git.WaitForExitAsync();
            return git.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex("<Version>(?<version>[0-9.]+)</Version>")]
    private static partial Regex Written();

    [GeneratedRegex("akkaha/node:(?<version>[0-9.]+)")]
    private static partial Regex Image();
}
