using System.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Which cluster a command talks to, and how it ends when that fails.</summary>
static class Endpoints
{
    const string Variable = "AKKAHA_ENDPOINTS";
    const string ByDefault = "http://127.0.0.1:5081";

    /// <summary><c>--endpoint</c>.</summary>
    public static Option<string> Option() => new("--endpoint", "-e")
    {
        Description = $"gRPC addresses of nodes, separated by commas; else what {Variable} says, else {ByDefault}",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } endpoints ? endpoints : ByDefault,
    };

    /// <summary>Runs a command with a client, and turns what the cluster says into an exit code and a line on standard error.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, Option<string> endpoint, TimeSpan giveUpAfter, Func<AkkaHaClient, Task<int>> run)
    {
        var error = parsed.InvocationConfiguration.Error;
        AkkaHaClient client;
        try
        {
            client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = parsed.GetRequiredValue(endpoint), GiveUpAfter = giveUpAfter });
        }
        catch (ArgumentException e)
        {
            await error.WriteLineAsync($"--endpoint: {e.Message}");
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
                    OutcomeUnknownException => ExitCode.OutcomeUnknown,
                    InvalidArgumentException => ExitCode.Usage,
                    _ => ExitCode.Refused,
                };
            }
        }
    }
}
