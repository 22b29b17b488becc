using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Top;

/// <summary><c>akkaha top</c>: how the cluster is doing, live.</summary>
static class TopCommand
{
    static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan ByDefault = TimeSpan.FromSeconds(2);

    // Live, the next frame tells what this one could not; once, there is no next.
    static readonly TimeSpan GiveUpLive = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Option<bool> once = new("--once") { Description = "Print it once, as text; so it is too where the output is no terminal" };
        var interval = DurationOption.Create("--interval", "How often it is asked for (200ms or more); left out: 2s. Rates are of 5 s");
        var json = Json.Option("Print it once, as JSON");
        ExampleCommand command = new("top", "How the cluster is doing, live: members, shards, calls a second and how long they take, hot locks, open transactions.",
            "akkaha top", "akkaha top --interval 500ms", "akkaha top --once", "akkaha top --json | jq '.members[] | {address, status, shards}'")
        {
            once, interval, endpoint, json,
        };
        command.Details = """
            Ends with Ctrl-C. It asks what the dashboard asks, at the HTTP address of a member, which must be reachable from here. Exit code 5 with --once and --json when nobody answers.
            """;
        command.SetAction((parsed, cancel) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var live = !parsed.GetValue(once) && !parsed.GetValue(json) && !Terminal.IsRedirected(output);
            return Endpoints.RunAsync(
                parsed, endpoint,
                async client =>
                {
                    var every = parsed.GetValue(interval) ?? ByDefault;
                    if (every < Shortest) throw new InvalidCommandException($"--interval must be {Shortest.TotalMilliseconds:0}ms or more");
                    using var source = new TopSource(client);
                    if (live)
                    {
                        await LiveAsync(source, every, output, cancel);
                        return ExitCode.Ok;
                    }
                    var frame = TopFrames.Of(await source.AskAsync(cancel));
                    if (parsed.GetValue(json)) Json.WriteLine(output, frame);
                    else TopOutput.Write(output, frame);
                    return frame.Answered ? ExitCode.Ok : ExitCode.Unavailable;
                },
                options => Task.FromResult(live ? options with { GiveUpAfter = GiveUpLive } : options));
        });
        return command;
    }

    static async Task LiveAsync(TopSource source, TimeSpan every, TextWriter output, CancellationToken cancel)
    {
        using var screen = new FullScreen(output, () => (Console.WindowWidth, Console.WindowHeight));
        TopFrame? last = null;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var frame = TopFrames.Of(await source.AskAsync(cancel));
                // What was there stays in view: it says how it was before.
                if (frame.Answered || last is null) last = frame;
                else last = last with { Verdict = $"nobody answers; below is old: {last.Verdict.Split("below is old: ")[^1]}", Well = false, Troubles = frame.Troubles };
                screen.Paint(TopOutput.Picture(last), string.Create(CultureInfo.InvariantCulture, $"every {every.TotalSeconds:0.#} s; Ctrl-C ends it"));
                await Task.Delay(every, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // That is how it ends.
            }
        }
    }
}
