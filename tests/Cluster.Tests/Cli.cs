using System.Diagnostics;

namespace AkkaHa.Cluster.Tests;

/// <summary><c>akkaha</c> as a process, as its users have it.</summary>
internal static class Cli
{
    /// <summary>As built in its own place, with all that it needs.</summary>
    public static string Assembly
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var root = output;
            while (!File.Exists(Path.Combine(root.FullName, "AkkaHa.sln"))) root = root.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
            return Path.Combine(root.FullName, "src", "Cli", "bin", output.Parent!.Name, output.Name, "AkkaHa.Cli.dll");
        }
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Assembly);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public static async Task<(int ExitCode, string Text)> RunAsync(TimeSpan patience, params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync().WaitAsync(patience);
        await process.WaitForExitAsync().WaitAsync(patience);
        return (process.ExitCode, text + await error);
    }

    /// <summary>Runs it against a cluster as scripts do, with input from a pipe.</summary>
    public static Task<(int ExitCode, byte[] Output, string Error)> RunAtAsync(string endpoints, byte[] input, params string[] arguments) => RunAsync(StartAt(endpoints, arguments), input);

    private static async Task<(int ExitCode, byte[] Output, string Error)> RunAsync(Process started, byte[] input)
    {
        using var process = started;
        var error = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        var copied = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        await copied;
        return (process.ExitCode, output.ToArray(), await error);
    }

    /// <summary>Starts it against a cluster, with all its streams in pipes.</summary>
    public static Process StartAt(string endpoints, params string[] arguments) => StartAt("dotnet", [Assembly, .. arguments], endpoints);

    /// <summary>As <see cref="StartAt(string, string[])"/>, without the terminal that the tests may have: there, Ctrl-C is no signal to pass on.</summary>
    public static Process StartApartAt(string endpoints, params string[] arguments) => StartAt("setsid", ["dotnet", Assembly, .. arguments], endpoints);

    private static Process StartAt(string program, string[] arguments, string endpoints)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["AKKAHA_ENDPOINTS"] = endpoints;
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
