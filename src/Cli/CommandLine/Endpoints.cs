using System.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Which cluster a command talks to, and how it ends when that fails.</summary>
static class Endpoints
{
    const string Variable = "AKKAHA_ENDPOINTS";
    const string ByDefault = "http://127.0.0.1:5081";
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    /// <summary><c>--endpoint</c>.</summary>
    public static Option<string> Option() => new("--endpoint", "-e")
    {
        Description = $"gRPC addresses of nodes, separated by commas; else what {Variable} says, else {ByDefault}",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } endpoints ? endpoints : ByDefault,
    };

    /// <summary>Runs a command with a client that gives up after ten seconds, and turns what the cluster says into an exit code and a line on standard error.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="endpoint">Of which cluster.</param>
    /// <param name="run">What to do.</param>
    /// <param name="with">Other settings of the client.</param>
    public static async Task<int> RunAsync(ParseResult parsed, Option<string> endpoint, Func<AkkaHaClient, Task<int>> run, Func<AkkaHaClientOptions, Task<AkkaHaClientOptions>>? with = null)
    {
        var options = new AkkaHaClientOptions { Endpoints = parsed.GetRequiredValue(endpoint), GiveUpAfter = GiveUpAfter };
        try
        {
            return await RunAsync(parsed, with is null ? options : await with(options), run);
        }
        catch (InvalidCommandException e)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who read the output has enough, or the input can't be read.
            await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
            return ExitCode.Error;
        }
    }

    static async Task<int> RunAsync(ParseResult parsed, AkkaHaClientOptions options, Func<AkkaHaClient, Task<int>> run)
    {
        var error = parsed.InvocationConfiguration.Error;
        AkkaHaClient client;
        try
        {
            client = AkkaHaClient.Connect(options);
        }
        catch (ArgumentException e)
        {
            await error.WriteLineAsync(e.ParamName == nameof(options.Endpoints) ? $"--endpoint: {e.Message}" : e.Message);
            return ExitCode.Usage;
        }
        await using (client)
        {
            try
            {
                return await run(client);
            }
            catch (AkkaHaException e)
            {
                await error.WriteLineAsync(e.Message);
                return e switch
                {
                    NotFoundException or SessionExpiredException => ExitCode.NotFound,
                    UnavailableException => ExitCode.Unavailable,
                    OutcomeUnknownException or PartialException => ExitCode.OutcomeUnknown,
                    InvalidArgumentException => ExitCode.Usage,
                    _ => ExitCode.Refused,
                };
            }
        }
    }
}
