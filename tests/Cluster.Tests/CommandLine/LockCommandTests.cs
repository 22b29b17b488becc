using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AkkaHa.ClientApi;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary><c>akkaha lock</c> and <c>akkaha session list</c>, as scripts use them.</summary>
public sealed class LockCommandTests(OneNode one) : IClassFixture<OneNode>, IDisposable
{
    private const int Ok = 0, Usage = 2, NotFound = 3, Refused = 4, NotAcquired = 75, Lost = 76, CannotRun = 126, NoSuchCommand = 127;

    private readonly ClusterUnderTest _cluster = one.Cluster;
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        // Of a test that failed, something may still run.
        foreach (var process in _started)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    [Fact]
    public async Task A_lock_can_be_acquired_by_one_command_and_released_by_another()
    {
        var taken = await JsonAsync("lock", "acquire", "a/b", "--ttl", "1h", "--label", "script", "--json");
        var (session, fence) = (taken.GetProperty("sessionId").GetString()!, taken.GetProperty("fence").GetString()!);
        Assert.Equal(("a/b", "exclusive"), (taken.GetProperty("name").GetString(), taken.GetProperty("mode").GetString()));
        await FailsAsync(Refused, "LOCK_HELD", "lock", "acquire", "a/b", "--wait", "100ms");
        Assert.Contains("script", (await TextAsync("lock", "show", "a/b")).Text, StringComparison.Ordinal);
        Assert.Contains(session, (await TextAsync("session", "list", "--json")).Text, StringComparison.Ordinal);

        await FailsAsync(Refused, "FENCE_STALE", "lock", "release", "a/b", "--session", session, "--fence", "999");
        Assert.Equal((Ok, "a/b is released\n"), await TextAsync("lock", "release", "a/b", "--session", session, "--fence", fence));
        await FailsAsync(Refused, "FENCE_STALE", "lock", "release", "a/b", "--session", session, "--fence", fence);
        var again = await TextAsync("lock", "acquire", "a/b", "--session", session);
        Assert.Equal((Ok, $"a/b is held with fence {int.Parse(fence) + 1} by session {session}\n"), again);
        Assert.Equal(Ok, (await TextAsync("session", "close", session)).ExitCode);
        await FailsAsync(NotFound, "SESSION_EXPIRED", "lock", "acquire", "a/b", "--session", session);
    }

    [Fact]
    public async Task What_makes_no_sense_is_not_sent()
    {
        await FailsAsync(Usage, "--mode", "lock", "acquire", "l", "--mode", "mine");
        await FailsAsync(Usage, "limit", "lock", "acquire", "l", "--mode", "semaphore");
        await FailsAsync(Usage, "permits", "lock", "acquire", "l", "--permits", "2");
        await FailsAsync(Usage, "ttl", "lock", "acquire", "l", "--ttl", "1s");
        await FailsAsync(Usage, "--session", "lock", "release", "l", "--fence", "1");
        await FailsAsync(Usage, "--fence", "lock", "release", "l", "--session", "3-00000000-0000-0000-0000-000000000000");
        await FailsAsync(Usage, "SessionTtl", "lock", "run", "l", "--ttl", "1s", "--", "true");
        await FailsAsync(Usage, "empty segment", "lock", "run", "a//b", "--", "true");
        await FailsAsync(Usage, "", "lock", "run", "l");
    }

    [Fact]
    public async Task A_lock_can_be_released_by_force_and_its_holder_hears_of_it()
    {
        await using var client = _cluster.Connect();
        await using var held = await client.Locks.AcquireAsync("stuck");
        Assert.Equal((Ok, $"stuck is released by force: fence {held.Fence}\n"), await TextAsync("lock", "force-release", "stuck", "--reason", "test"));
        Assert.Equal((Ok, """{"name":"stuck","fences":[]}""" + "\n"), await TextAsync("lock", "force-release", "stuck", "--json"));
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(held.IsLost), "the holder does not hear of it");
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", guard: held));
    }

    [Fact]
    public async Task A_command_runs_under_the_lock_with_its_fence_and_ends_with_its_own_exit_code()
    {
        var ran = await RunAsync("in\n", "lock", "run", "run/1", "--", "sh", "-c", "read line; echo $AKKAHA_LOCK $AKKAHA_FENCE $line; exit 7");
        Assert.Equal((7, "run/1 1 in\n"), (ran.ExitCode, Encoding.UTF8.GetString(ran.Output)));
        var free = JsonDocument.Parse((await TextAsync("lock", "show", "run/1", "--json")).Text).RootElement;
        Assert.Equal(("1", 0), (free.GetProperty("lastFence").GetString(), free.GetProperty("holders").GetArrayLength()));
        // Killed by a signal: as shells count it.
        Assert.Equal(128 + 9, (await RunAsync("", "lock", "run", "run/1", "--", "sh", "-c", "kill -9 $$")).ExitCode);
        Assert.Equal(NoSuchCommand, (await RunAsync("", "lock", "run", "run/1", "--", "no-such-command")).ExitCode);
        Assert.Equal(CannotRun, (await RunAsync("", "lock", "run", "run/1", "--", "/etc/passwd")).ExitCode);
    }

    [Fact]
    public async Task Without_the_lock_nothing_is_run()
    {
        await using var client = _cluster.Connect();
        await using var held = await client.Locks.AcquireAsync("run/2");
        await FailsAsync(NotAcquired, "held by others", "lock", "run", "run/2", "--wait", "100ms", "--", "echo", "ran");
        // On a busy machine it may not even be certain that nobody was reached.
        await FailsAsync(NotAcquired, "create session", "lock", "run", "run/2", "--endpoint", "http://127.0.0.1:1", "--", "echo", "ran");

        var waiting = StartRun("run/2", "--", "echo", "ran");
        await ClusterUnderTest.EventuallyAsync(async () => (await client.Locks.GetAsync("run/2")).Waiters.Count == 1, "it does not wait");
        Signals.Send(waiting, 15);
        await waiting.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(128 + 15, waiting.ExitCode);
    }

    [Fact]
    public async Task An_acquire_waits_for_as_long_as_it_is_told_also_beyond_its_time_to_live()
    {
        await using var client = _cluster.Connect();
        await using var held = await client.Locks.AcquireAsync("wait");
        var begun = Stopwatch.StartNew();
        await FailsAsync(Refused, "LOCK_HELD", "lock", "acquire", "wait", "--ttl", "5s", "--wait", "6s");
        Assert.True(begun.Elapsed > TimeSpan.FromSeconds(6), $"it gave up after {begun.Elapsed}");
    }

    [Fact]
    public async Task A_command_whose_lock_is_lost_is_ended_however_stubborn_it_is()
    {
        var run = StartRun("run/3", "--kill-after", "500ms", "--", "sh", "-c", "trap 'echo asked' TERM; echo begun; while :; do sleep 0.1; done");
        Assert.Equal("begun", await LineAsync(run));
        await using var client = _cluster.Connect();
        await client.Sessions.CloseAsync(SessionOf(await client.Locks.GetAsync("run/3")));
        Assert.Equal("asked", await LineAsync(run));
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(Lost, run.ExitCode);
        Assert.Contains("is lost", await run.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    /// <summary>The shell dies of SIGTERM at once; what it waits for is another process, which may not heed it.</summary>
    [Theory]
    [InlineData("heeding", "")]
    [InlineData("stubborn", "trap '' TERM; ")]
    [InlineData("orphaned", "", "( ", " & ); exec sleep 300")]
    public async Task What_the_command_has_started_does_not_outlive_the_loss_of_the_lock(string name, string how, string before = "", string after = "; echo")
    {
        var run = StartRun($"run/{name}", "--kill-after", "500ms", "--", "sh", "-c", $"{before}sh -c \"{how}echo \\$\\$; exec sleep 300\"{after}");
        var started = int.Parse((await LineAsync(run))!);
        await using var client = _cluster.Connect();
        await client.Sessions.CloseAsync(SessionOf(await client.Locks.GetAsync($"run/{name}")));
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(Lost, run.ExitCode);
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!IsRunning(started)), "what the command has started is still there");
    }

    /// <summary>Whatever is to be said would wait for who should read it.</summary>
    [Fact]
    public async Task A_command_is_ended_also_when_nobody_reads_what_is_said_of_it()
    {
        var run = StartRun("run/unread", "--kill-after", "500ms", "--", "sh", "-c", "echo $$; exec yes >&2");
        var started = int.Parse((await LineAsync(run))!);
        await using var client = _cluster.Connect();
        await client.Sessions.CloseAsync(SessionOf(await client.Locks.GetAsync("run/unread")));
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!IsRunning(started)), "the command is still there");
        Assert.Contains("is lost", await run.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(Lost, run.ExitCode);
    }

    [Fact]
    public async Task What_the_command_has_left_is_no_zombie_when_it_ends()
    {
        // Some shells give what is in the background an empty input before it takes the other's: that is kept as another number.
        var run = StartRun("run/left", "--", "sh", "-c", "exec 3<&0; ( sh -c 'echo $$; read line' <&3 & ); sleep 300");
        var left = int.Parse((await LineAsync(run))!);
        Assert.True(IsThere(left));
        run.StandardInput.Close();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!IsThere(left)), "nobody takes notice of its end");
        Assert.False(run.HasExited);
        Signals.Send(run, 15);
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(128 + 15, run.ExitCode);
    }

    /// <summary>The shell would hear of none of them before what it waits for has ended, were that not told too.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    public async Task What_the_command_has_started_gets_signals_too(int signal)
    {
        if (Signals.IsIgnored(signal)) return;
        var run = StartRun($"run/group{signal}", "--", "sh", "-c", "trap 'echo got; exit 9' INT QUIT TERM; echo begun; sleep 300; echo slept");
        Assert.Equal("begun", await LineAsync(run));
        // The shell has said so before it has started the other.
        await Task.Delay(500);
        Signals.Send(run, signal);
        Assert.Equal("got", await LineAsync(run));
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(9, run.ExitCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(15)]
    public async Task Signals_are_the_commands_while_it_runs(int signal)
    {
        if (Signals.IsIgnored(signal)) return;
        var name = $"run/signal{signal}";
        var run = StartRun(name, "--", "sh", "-c", "trap 'echo got; exit 9' HUP INT USR1 USR2 TERM; echo begun; while :; do sleep 0.1; done");
        Assert.Equal("begun", await LineAsync(run));
        Signals.Send(run, signal);
        Assert.Equal("got", await LineAsync(run));
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(9, run.ExitCode);
        await using var client = _cluster.Connect();
        await using var free = await client.Locks.TryAcquireAsync(name);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task A_holder_that_was_frozen_beyond_its_time_to_live_ends_its_command_and_its_guarded_writes_are_refused()
    {
        var run = StartRun("run/frozen", "--ttl", "6s", "--", "sh", "-c", "echo $AKKAHA_FENCE; exec sleep 600");
        var fence = long.Parse((await LineAsync(run))!);
        await using var client = _cluster.Connect();
        await client.Keys.PutAsync("frozen", "by the old holder", guard: new Guard("run/frozen", new Fence(fence)));
        Signals.Send(run, Signals.Stop);
        await using var next = await client.Locks.AcquireAsync("run/frozen", ClusterUnderTest.Patience);
        Assert.True(next.Fence > fence);
        Signals.Send(run, Signals.Continue);
        await run.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(Lost, run.ExitCode);
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("frozen", "too late", guard: new Guard("run/frozen", new Fence(fence))));
        Assert.Equal("by the old holder", await client.Keys.GetStringAsync("frozen"));
    }

    [Fact]
    public async Task Locks_can_be_listed_by_prefix()
    {
        await using var client = _cluster.Connect(o => o with { Label = "lister" });
        await using var first = await client.Locks.AcquireAsync("list/1");
        await using var second = await client.Locks.AcquireSharedAsync("list/2");
        await ClusterUnderTest.EventuallyAsync(
            async () => (await TextAsync("lock", "list", "list/", "--json")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 2, "the locks are not listed");
        Assert.Contains("| list/2 | shared    | 1       | 0       | 1          | lister |", (await TextAsync("lock", "list", "list/")).Text, StringComparison.Ordinal);
        Assert.Single((await TextAsync("lock", "list", "list/", "--json", "--limit", "1")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static SessionId SessionOf(LockState state) => SessionId.TryParse(state.Holders[0].SessionId, out var id) ? id : throw new InvalidOperationException("no session");

    /// <summary>One that has ended may still be listed, if nobody has asked for its exit code.</summary>
    private static bool IsRunning(int processId)
    {
        try
        {
            return !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool IsThere(int processId) => Directory.Exists($"/proc/{processId}");

    private Process StartRun(params string[] arguments)
    {
        var process = Cli.StartApartAt(_cluster.Local.Endpoints, ["lock", "run", .. arguments]);
        _started.Add(process);
        return process;
    }

    private static Task<string?> LineAsync(Process process) => process.StandardOutput.ReadLineAsync().WaitAsync(ClusterUnderTest.Patience);

    private Task<(int ExitCode, byte[] Output, string Error)> RunAsync(string input, params string[] arguments) => Cli.RunAtAsync(_cluster.Local.Endpoints, Encoding.UTF8.GetBytes(input), arguments);

    private async Task<(int ExitCode, string Text)> TextAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync("", arguments);
        Assert.Equal("", error);
        return (code, Encoding.UTF8.GetString(output));
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments) => JsonDocument.Parse((await TextAsync(arguments)).Text).RootElement;

    private async Task FailsAsync(int code, string reason, params string[] arguments)
    {
        var ran = await RunAsync("", arguments);
        Assert.Equal((code, ""), (ran.ExitCode, Encoding.UTF8.GetString(ran.Output)));
        Assert.Contains(reason, ran.Error, StringComparison.Ordinal);
    }
}
