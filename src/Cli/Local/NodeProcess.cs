using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Local;

/// <summary>Where one node of a <see cref="LocalCluster"/> listens; all on 127.0.0.1.</summary>
public sealed record NodePorts(int Remote, int Http, int Grpc, int Management);

/// <summary>
/// One node as a process on this machine. It ends when this process does, however that ends: its standard input is a pipe from here.
/// </summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly IReadOnlyList<string> arguments;
    private readonly string logFile;
    private readonly List<Process> earlier = [];
    private readonly ConcurrentQueue<string> unaskedEnds = [];
    private volatile Process? process;
    private volatile bool endIsAsked;

    /// <summary>A node that is not started yet.</summary>
    /// <param name="name">For people: <c>node-1</c>.</param>
    /// <param name="ports">Where it listens.</param>
    /// <param name="settings">Further settings, as <c>--AkkaHa:Name=value</c>.</param>
    /// <param name="logFile">Gets what it prints, over all its starts.</param>
    public NodeProcess(string name, NodePorts ports, IEnumerable<string> settings, string logFile)
    {
        Name = name;
        Ports = ports;
        this.logFile = logFile;
        arguments =
        [
            $"--AkkaHa:Remote:Port={ports.Remote}", $"--AkkaHa:Http:Port={ports.Http}", $"--AkkaHa:Grpc:Port={ports.Grpc}", $"--AkkaHa:Management:Port={ports.Management}",
            "--AkkaHa:StopWhenInputEnds=true",
            .. settings,
        ];
    }

    /// <summary>The node's program, built beside this one.</summary>
    public static string NodeAssembly { get; } = Path.Combine(AppContext.BaseDirectory, "node", "AkkaHa.Node.dll");

    /// <summary>What runs it: the same that runs this process, also where this one has a launcher of its own, as an installed tool has.</summary>
    private static string Dotnet { get; } = new[]
    {
        Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : null,
        // …/dotnet beside …/shared/Microsoft.NETCore.App/VERSION/
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")),
    }.FirstOrDefault(File.Exists) ?? "dotnet";

    /// <summary>What the next start runs: this version's node, unless it is to be another.</summary>
    public string Assembly { get; set; } = NodeAssembly;

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>Where it listens.</summary>
    public NodePorts Ports { get; }

    /// <summary>As the cluster names it.</summary>
    public string Address => $"akka.tcp://AkkaHa@127.0.0.1:{Ports.Remote}";

    /// <summary>For HTTP clients.</summary>
    public string HttpUrl => $"http://127.0.0.1:{Ports.Http}";

    /// <summary>For gRPC clients.</summary>
    public string GrpcUrl => $"http://127.0.0.1:{Ports.Grpc}";

    /// <summary>Whether the process runs.</summary>
    public bool IsRunning => process is { HasExited: false };

    /// <summary>Its process id.</summary>
    /// <exception cref="InvalidOperationException">Not started.</exception>
    public int ProcessId => (process ?? throw new InvalidOperationException($"{Name} is not started")).Id;

    /// <summary>How it ended, each time that nobody here had ended it; and each time that SIGTERM did not end it in peace.</summary>
    public IReadOnlyCollection<string> UnaskedEnds => process is { HasExited: true } ended && !endIsAsked ? [.. unaskedEnds, Ended(ended, "by itself")] : unaskedEnds;

    /// <summary>Its exit code, once it has ended.</summary>
    public int? ExitCode => process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>Starts the process; it is not ready yet.</summary>
    public void Start()
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} runs already");
        // The shell becomes the node, so its process id is the node's. The node writes its log into the file itself: through a pipe it would stand still
        // whenever this process is slow to read.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", logFile, Dotnet, Assembly, .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "0";
        var started = Process.Start(start) ?? throw new InvalidOperationException($"{Name} could not be started");
        // Others may be asking whether it runs just now: what they hold must stay usable.
        if (process is { } ended)
        {
            if (!endIsAsked) unaskedEnds.Enqueue(Ended(ended, "by itself"));
            earlier.Add(ended);
        }
        endIsAsked = false;
        process = started;
    }

    /// <summary>Waits until the node says that it is ready.</summary>
    /// <exception cref="TimeoutException">It does not within this time.</exception>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public async Task WaitReadyAsync(TimeSpan atMost, CancellationToken ct = default)
    {
        var until = Stopwatch.StartNew();
        var last = "no answer";
        while (until.Elapsed < atMost)
        {
            if (!IsRunning) throw new InvalidOperationException($"{Name} has ended with exit code {process?.ExitCode}; see {logFile}");
            try
            {
                using var response = await http.GetAsync(new Uri($"{HttpUrl}/ready"), ct);
                if (response.StatusCode == HttpStatusCode.OK) return;
                last = await response.Content.ReadAsStringAsync(ct);
            }
            catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || (e is TaskCanceledException && !ct.IsCancellationRequested))
            {
                last = e.Message;
            }
            await Task.Delay(100, ct);
        }
        throw new TimeoutException($"{Name} was not ready within {atMost.TotalSeconds} s ({last}); see {logFile}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (process is null || process.HasExited) return;
        endIsAsked = true;
        process.Kill();
        await process.WaitForExitAsync();
        if (process.ExitCode != 128 + 9) unaskedEnds.Enqueue(Ended(process, "just before it was killed"));
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task TerminateAsync(TimeSpan atMost)
    {
        if (process is not { HasExited: false } ending) return;
        endIsAsked = true;
        Signal(15);
        using var patience = new CancellationTokenSource(atMost);
        await ending.WaitForExitAsync(patience.Token);
        if (ending.ExitCode != 0) unaskedEnds.Enqueue(Ended(ending, "after SIGTERM"));
    }

    /// <summary>SIGSTOP.</summary>
    public void Pause() => Signal(19);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(18);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        foreach (var ended in earlier) ended.Dispose();
        process?.Dispose();
        http.Dispose();
    }

    private string Ended(Process ended, string why) => $"{Name} has ended {why} with exit code {ended.ExitCode}; see {logFile}";

    private void Signal(int signal)
    {
        if (IsRunning && SendSignal(process!.Id, signal) != 0)
            throw new InvalidOperationException($"signal {signal} could not be sent to {Name}: error {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
