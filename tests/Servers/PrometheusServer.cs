using AkkaHa.Cli.Local;

namespace AkkaHa.Servers;

/// <summary>Debian's Prometheus, on a free port of 127.0.0.1, with its data in a temporary directory.</summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    private readonly ServerProcess process;
    private readonly string directory;

    private PrometheusServer(ServerProcess process, string directory, Uri url)
    {
        this.process = process;
        this.directory = directory;
        Url = url;
    }

    /// <summary>Where it answers.</summary>
    public Uri Url { get; }

    /// <summary>What it printed.</summary>
    public string Log => File.ReadAllText(Path.Combine(directory, "prometheus.log"));

    /// <summary>Where a program is; null: nowhere.</summary>
    public static string? Program(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);

    /// <summary>Starts it with this configuration; it may not answer yet.</summary>
    /// <param name="files">The configuration, <c>prometheus.yml</c>, and what it names, by their names.</param>
    public static async Task<PrometheusServer> StartAsync(IReadOnlyDictionary<string, string> files)
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-prometheus-").FullName;
        foreach (var (name, text) in files) await File.WriteAllTextAsync(Path.Combine(directory, name), text);
        var address = $"127.0.0.1:{LocalCluster.FreePorts(1)[0]}";
        var process = await ServerProcess.StartAsync(
            Path.Combine(directory, "prometheus.log"), Program("prometheus") ?? throw new FileNotFoundException("there is no prometheus"),
            $"--config.file={Path.Combine(directory, "prometheus.yml")}", $"--storage.tsdb.path={Path.Combine(directory, "data")}", $"--web.listen-address={address}");
        return new PrometheusServer(process, directory, new Uri($"http://{address}"));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
