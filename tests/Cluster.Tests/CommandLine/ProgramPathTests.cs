using AkkaHa.Cli.Locks;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

public sealed class ProgramPathTests
{
    /// <summary>As a shell would: not what lies in the current directory, nor what can't be executed.</summary>
    [Fact]
    public void A_command_is_found_by_PATH()
    {
        if (OperatingSystem.IsWindows()) return;
        var directory = Directory.CreateTempSubdirectory("akkaha-path-");
        try
        {
            string In(string name) => Path.Combine(directory.FullName, name);
            foreach (var one in (string[])["data", "programs"])
            {
                Directory.CreateDirectory(In(one));
                File.WriteAllText(In($"{one}/sort"), "");
            }
            File.SetUnixFileMode(In("programs/sort"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.Equal(In("programs/sort"), ProgramPath.Of("sort", $"{In("data")}:{In("programs")}"));
            Assert.Equal(In("data/sort"), ProgramPath.Of("sort", In("data")));
            Assert.Equal(Path.GetFullPath("./sort"), ProgramPath.Of("./sort", In("programs")));
            // There is one in the directory that tests run in.
            Assert.Null(ProgramPath.Of("AkkaHa.Cluster.Tests.dll", In("programs")));
            Assert.NotNull(ProgramPath.Of("sort", Environment.GetEnvironmentVariable("PATH")));
        }
        finally
        {
            directory.Delete(true);
        }
    }
}
