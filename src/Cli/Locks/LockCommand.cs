using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Locks;

/// <summary><c>akkaha lock</c>: locks.</summary>
static class LockCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("lock", "Look at locks.") { Show() };

    static Command Show()
    {
        var endpoint = Endpoints.Option();
        Argument<string> name = new("NAME") { Description = "The lock; one that nobody ever held has no holders and fence 0" };
        var json = Json.Option();
        ExampleCommand command = new("show", "Who holds a lock and who waits for it, the next first.", "akkaha lock show orders/7") { name, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var state = await client.Locks.GetAsync(parsed.GetRequiredValue(name), cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, Shape(state));
            else
            {
                await output.WriteLineAsync($"{state.Name}: last fence {state.LastFence}, {state.Holders.Count} holding, {state.Waiters.Count} waiting");
                if (state.Holders.Count + state.Waiters.Count > 0) Tables.Write(output, ["", "label", "mode", "fence", "for", "session"], Rows(state));
            }
            return ExitCode.Ok;
        }));
        return command;
    }

    static object Shape(LockState state) => new
    {
        name = state.Name,
        lastFence = state.LastFence.ToString(),
        holders = state.Holders.Select(h => new
        {
            sessionId = h.SessionId, holderId = h.HolderId, label = h.Label, mode = Mode(h.Mode), fence = h.Fence.ToString(), heldSeconds = h.Held.TotalSeconds,
        }),
        waiters = state.Waiters.Select(w => new
        {
            sessionId = w.SessionId, holderId = w.HolderId, label = w.Label, mode = Mode(w.Mode), position = w.Position, waitingSeconds = w.Waiting.TotalSeconds,
        }),
    };

    static IEnumerable<string[]> Rows(LockState state) =>
    [
        .. state.Holders.Select(h => (string[])["holds", h.Label, Mode(h.Mode), h.Fence.ToString(), Seconds(h.Held), h.SessionId]),
        .. state.Waiters.Select(w => (string[])[string.Create(CultureInfo.InvariantCulture, $"waits, {w.Position}."), w.Label, Mode(w.Mode), "-", Seconds(w.Waiting), w.SessionId]),
    ];

    static string Mode(LockMode mode) => mode.ToString().ToLowerInvariant();

    static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
