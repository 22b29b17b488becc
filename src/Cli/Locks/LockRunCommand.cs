using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Locks;

/// <summary><c>akkaha lock run</c>: a command under a lock.</summary>
static class LockRunCommand
{
    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        var how = new LockOptions();
        Argument<string[]> program = new("COMMAND") { Description = "What to run, after --", Arity = ArgumentArity.OneOrMore };
        var wait = DurationOption.Create("--wait", "How long to wait for it; left out: for ever");
        var ttl = DurationOption.Create("--ttl", "How soon others get it when this machine dies (2s to 1h; left out: 10s)");
        var killAfter = DurationOption.Create("--kill-after", "Between SIGTERM and SIGKILL when the lock is lost; left out: a twentieth of --ttl (125ms at least), which is well before others can get it when it is lost by silence");
        Option<string> label = new("--label") { Description = "Who this is, as others see it", HelpName = "text", DefaultValueFactory = _ => $"{Environment.MachineName} {Environment.ProcessId}" };
        ExampleCommand command = new("run", """
            Runs a command while it holds a lock, and ends with its exit code. The command finds the number of the grant in AKKAHA_FENCE, to hand to what it writes to, and the lock's name in AKKAHA_LOCK.
            When the lock is lost, the command and all that it has started get SIGTERM, then SIGKILL, and the exit code is 76. What it leaves running when it ends runs on, without the lock. When the lock is not to be had, nothing is run, and it is 75. SIGINT, SIGTERM, SIGQUIT and SIGHUP are passed on to the command and to all that it has started, SIGUSR1 and SIGUSR2 to the command alone.
            """,
            "akkaha lock run nightly -- ./backup.sh", "akkaha lock run pool --mode semaphore --limit 3 --wait 30s -- make test")
        {
            wait, ttl, killAfter, label, endpoint,
        };
        how.AddTo(command);
        command.Add(program);
        command.TakesSignals = true;
        command.SetAction((parsed, _) => Endpoints.RunAsync(
            parsed, endpoint,
            client => RunAsync(client, how.Of(parsed), parsed.GetValue(wait) ?? Timeout.InfiniteTimeSpan, parsed.GetRequiredValue(program), parsed.GetValue(killAfter), parsed.InvocationConfiguration.Error),
            options => Task.FromResult(options with { Label = parsed.GetValue(label) ?? "", SessionTtl = parsed.GetValue(ttl) ?? options.SessionTtl })));
        return command;
    }

    static async Task<int> RunAsync(AkkaHaClient client, LockRequest request, TimeSpan wait, string[] program, TimeSpan? killAfter, TextWriter error)
    {
        using var signals = new PassedOnSignals();
        AcquiredLock? held;
        TimeSpan ttl;
        try
        {
            held = await client.Locks.TryAcquireAsync(request, wait, signals.Received);
            // Nothing may be asked for any more once the command runs.
            ttl = held is null ? TimeSpan.Zero : (await client.Sessions.GetOwnAsync(signals.Received)).Ttl;
        }
        catch (OperationCanceledException) when (signals.ReceivedSignal is { } signal)
        {
            return ExitCode.Signalled + signal;
        }
        catch (AkkaHaException e) when (e is not InvalidArgumentException)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.NotAcquired;
        }
        if (held is null)
        {
            await error.WriteLineAsync($"lock '{request.Name}' is held by others");
            return ExitCode.NotAcquired;
        }
        await using (held) return await RunUnderAsync(held, program, killAfter ?? Margin(ttl) / 2, signals, error);
    }

    static async Task<int> RunUnderAsync(AcquiredLock held, string[] program, TimeSpan killAfter, PassedOnSignals signals, TextWriter error)
    {
        var (whyNot, isThere) = ("", true);
        using var child = signals.PassTo(() => ChildProcess.Start(program, [("AKKAHA_FENCE", held.Fence.ToString()), ("AKKAHA_LOCK", held.Name)], out whyNot, out isThere));
        if (child is null)
        {
            await error.WriteLineAsync(whyNot);
            return isThere ? ExitCode.CannotRun : ExitCode.NoSuchCommand;
        }
        int? code = null;
        try
        {
            code = await child.EndsWhileAsync(held.LostToken);
        }
        finally
        {
            // Before anything is said: who should read standard error may not.
            if (code is null) await child.EndAsync(killAfter);
        }
        if (code is null)
        {
            await error.WriteLineAsync($"lock '{held.Name}' is lost; {program[0]} was ended");
            return ExitCode.Lost;
        }
        return await WasHeldToTheEndAsync(held, error) ? code.Value : ExitCode.Lost;
    }

    /// <summary>False: it had been lost before the command ended, and nobody noticed.</summary>
    static async Task<bool> WasHeldToTheEndAsync(AcquiredLock held, TextWriter error)
    {
        try
        {
            await held.ReleaseAsync();
            return true;
        }
        catch (Exception e) when (e is FenceStaleException or SessionExpiredException)
        {
            await error.WriteLineAsync($"lock '{held.Name}' was lost before the command ended: {e.Message}");
            return false;
        }
        catch (AkkaHaException e)
        {
            // It was held; that it can't be given back now is not the command's fault. It goes with the session.
            await error.WriteLineAsync(e.Message);
            return true;
        }
    }

    // That of the client: so long before another can get it is the loss told. Half of it is left for what is slow.
    static TimeSpan Margin(TimeSpan ttl) => ttl / 10 > TimeSpan.FromMilliseconds(250) ? ttl / 10 : TimeSpan.FromMilliseconds(250);
}
